//! The body of a request: bounded, read whole before anything else, wiped when dropped.

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::header;
use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, Payload};
use futures_util::StreamExt;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::error::{ApiError, ErrorCode};
use crate::limits::{BODY_BYTES_MAX, BODY_BYTES_RESERVED_MAX, BODY_TIMEOUT};

/// The bytes of a body. It may hold claims.
#[derive(Default)]
pub(crate) struct Body(Zeroizing<Vec<u8>>);

/// Reads a body of at most 2 MiB; one that announces more is refused unread.
pub(crate) async fn read_body(request: &HttpRequest, payload: Payload) -> Result<Body, ApiError> {
    let announced = announced_length(request).unwrap_or(0);
    if BODY_BYTES_MAX < announced {
        return Err(too_large());
    }
    match timeout(BODY_TIMEOUT, collect(payload, announced)).await {
        Ok(body) => body.map(Body),
        Err(_) => Err(ApiError::bad_request("the body took too long to arrive")),
    }
}

fn announced_length(request: &HttpRequest) -> Option<usize> {
    let length = request.headers().get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

async fn collect(mut payload: Payload, announced: usize) -> Result<Zeroizing<Vec<u8>>, ApiError> {
    let mut bytes = Zeroizing::new(Vec::with_capacity(announced.min(BODY_BYTES_RESERVED_MAX)));
    while let Some(chunk) = payload.next().await {
        let chunk: Result<Bytes, PayloadError> = chunk;
        let chunk = chunk.map_err(|_| ApiError::bad_request("the body did not arrive whole"))?;
        if BODY_BYTES_MAX < bytes.len() + chunk.len() {
            return Err(too_large());
        }
        bytes.extend_from_slice(&chunk);
    }
    Ok(bytes)
}

fn too_large() -> ApiError {
    ApiError::new(
        ErrorCode::PayloadTooLarge,
        format!("the body is larger than {BODY_BYTES_MAX} bytes"),
    )
}

impl Body {
    /// Tells whether nothing was sent.
    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Reads the body as a JSON object. Of members that repeat, the last one counts.
    pub(crate) fn json_object(
        &self,
        request: &HttpRequest,
    ) -> Result<Map<String, Value>, ApiError> {
        if !is_json(request) {
            return Err(ApiError::bad_request(
                "content-type must be application/json, with a body",
            ));
        }
        match serde_json::from_slice(&self.0) {
            Ok(Value::Object(members)) => Ok(members),
            Ok(
                Value::Null
                | Value::Bool(_)
                | Value::Number(_)
                | Value::String(_)
                | Value::Array(_),
            ) => Err(ApiError::bad_request("the body must be a JSON object")),
            // The position helps; the parser's message could repeat what was sent.
            Err(error) => Err(ApiError::bad_request(format!(
                "the body is not well-formed JSON at line {} column {}",
                error.line(),
                error.column()
            ))),
        }
    }
}

/// Tells whether the content type is `application/json`, with or without parameters.
fn is_json(request: &HttpRequest) -> bool {
    let content_type = request.headers().get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|value| value.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    fn parsed(content_type: &str, body: &[u8]) -> Result<Map<String, Value>, String> {
        let request = TestRequest::default()
            .insert_header((header::CONTENT_TYPE, content_type))
            .to_http_request();
        let body = Body(Zeroizing::new(body.to_vec()));
        let parsed = body.json_object(&request);
        parsed.map_err(|error| error.message().to_owned())
    }

    #[test]
    fn a_json_content_type_may_have_parameters() {
        fn check(content_type: &str, accepted: bool) {
            assert_eq!(
                parsed(content_type, b"{}").is_ok(),
                accepted,
                "{content_type:?}"
            );
        }
        check("application/json", true);
        check("Application/JSON; charset=utf-8", true);
        check("application/json;", true);
        check("application/jsonp", false);
        check("application/problem+json", false);
        check("text/plain", false);
        check("", false);
    }

    #[test]
    fn what_is_not_a_json_object_is_refused() {
        fn check(body: &[u8], message: &str) {
            let refusal = parsed("application/json", body).unwrap_err();
            assert!(refusal.contains(message), "{refusal}");
        }
        check(b"", "well-formed");
        check(b"{", "well-formed");
        check(b"{} {}", "well-formed");
        check(b"{\"a\":\xff}", "well-formed");
        check(b"{\"a\":\"\xff\"}", "well-formed");
        check(br#"{"a":"\ud800"}"#, "well-formed");
        check("\u{feff}{}".as_bytes(), "well-formed");
        check(br#"{"a":1e999}"#, "well-formed");
        check(b"{\"a\":NaN}", "well-formed");
        check(&vec![b'['; 100_000], "well-formed");
        check(b"[]", "object");
        check(b"null", "object");
        check(b"\"{}\"", "object");
    }

    #[test]
    fn of_members_that_repeat_the_last_one_counts() {
        let members = parsed("application/json", br#"{"a":1,"a":2}"#).unwrap();
        assert_eq!(members["a"], 2);
    }
}
