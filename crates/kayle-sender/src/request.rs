//! One delivery as an HTTP request (contract 7.4).

use bytes::Bytes;
use http::header::{CONTENT_TYPE, HeaderName, HeaderValue, InvalidHeaderValue, USER_AGENT};
use http::{Request, Uri};
use http_body_util::Full;
use kayle_app::ports::sender::{SendFault, SendRequest};

const APPLICATION_JOSE: HeaderValue = HeaderValue::from_static("application/jose");
const X_KAYLE_SIGNATURE: HeaderName = HeaderName::from_static("x-kayle-signature");
const X_KAYLE_DELIVERY_ID: HeaderName = HeaderName::from_static("x-kayle-delivery-id");
const X_KAYLE_TEST: HeaderName = HeaderName::from_static("x-kayle-test");
const TRUE: HeaderValue = HeaderValue::from_static("true");
const X_KAYLE_EVENT: HeaderName = HeaderName::from_static("x-kayle-event");

/// Names this service and its version to the endpoint.
pub(crate) fn user_agent(version: &str) -> Result<HeaderValue, InvalidHeaderValue> {
    HeaderValue::try_from(format!("Kayle-Webhooks/{version}"))
}

/// Writes a request; the client adds `Host` and `Content-Length`.
///
/// # Errors
/// [`SendFault::Request`] if a value does not fit into a header.
pub(crate) fn http_request(
    uri: Uri,
    request: SendRequest,
    user_agent: &HeaderValue,
) -> Result<Request<Full<Bytes>>, SendFault> {
    let signature = sensitive(request.signature)?;
    let delivery_id = header_value(request.delivery_id.as_str())?;
    let event_type = HeaderValue::from_static(request.event_type.as_str());
    let is_test = request.expected_proof.is_some();
    let body = Full::new(Bytes::from(request.jwe.into_string()));
    let mut request = Request::post(uri)
        .header(CONTENT_TYPE, APPLICATION_JOSE)
        .header(X_KAYLE_SIGNATURE, signature)
        .header(X_KAYLE_DELIVERY_ID, delivery_id)
        .header(X_KAYLE_EVENT, event_type)
        .header(USER_AGENT, user_agent)
        .body(body)
        .map_err(unfit)?;
    if is_test {
        request.headers_mut().insert(X_KAYLE_TEST, TRUE);
    }
    Ok(request)
}

/// Creates a value that `Debug` does not show.
fn sensitive(text: String) -> Result<HeaderValue, SendFault> {
    let mut value = HeaderValue::try_from(text).map_err(unfit)?;
    value.set_sensitive(true);
    Ok(value)
}

fn header_value(text: &str) -> Result<HeaderValue, SendFault> {
    HeaderValue::from_str(text).map_err(unfit)
}

fn unfit(error: impl std::error::Error + Send + Sync + 'static) -> SendFault {
    SendFault::Request(Box::new(error))
}
