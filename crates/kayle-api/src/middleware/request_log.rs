//! Returns every request an id, and one log line.

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use tracing::Instrument;

use crate::api::Api;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers with `X-Request-Id`, and logs the method, the route, the status and the duration.
///
/// The route is its pattern: what callers write into paths, queries, headers and bodies is not for
/// logs.
pub(crate) async fn log_request(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let api = request.app_data::<web::Data<Api>>();
    let api = web::Data::clone(api.expect("the app is made with it"));
    let id = (api.request_ids)();
    let route = request.match_pattern();
    let span = tracing::info_span!(
        "request",
        request.id = %id,
        http.method = %request.method(),
        http.route = route.as_deref().unwrap_or("unknown"),
    );
    let started_at = api.webhooks.now();
    let mut response = next.call(request).instrument(span.clone()).await?;
    let duration = api.webhooks.now().since(started_at);
    let status = response.status().as_u16();
    span.in_scope(|| {
        tracing::info!(
            http.status = status,
            duration_ms = duration.as_millis(),
            "answered"
        );
    });
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    Ok(response)
}
