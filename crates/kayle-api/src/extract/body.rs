//! The body of a request: read only for a caller who may send one, bounded, wiped when dropped.

use actix_web::HttpRequest;
use actix_web::error::PayloadError;
use actix_web::http::{Method, header};
use actix_web::rt::time::timeout;
use actix_web::web::{Bytes, Payload};
use futures_util::StreamExt;
use serde_json::{Map, Value};
use tokio::sync::{Semaphore, SemaphorePermit};
use zeroize::Zeroizing;

use crate::connection::{Arriving, count_body};
use crate::error::{ApiError, ErrorCode};
use crate::limits::{
    BODIES_BYTES_MAX, BODY_BYTES_MAX, BODY_BYTES_RESERVED_MAX, BODY_TIMEOUT, OPEN_BODY_BYTES_MAX,
    REFUSED_BODY_TIMEOUT,
};

/// The room that is left for bodies, in bytes, all requests together.
static ROOM: Semaphore = Semaphore::const_new(BODIES_BYTES_MAX);

/// The bytes of a body. It may hold claims.
#[derive(Default)]
pub(crate) struct Body {
    bytes: Zeroizing<Vec<u8>>,
    /// Given back when the body is dropped.
    room: Option<SemaphorePermit<'static>>,
}

/// A body that has not been read. Nothing of it is kept until somebody has been let through.
pub(crate) struct UnreadBody {
    /// `None` where there is no body, whatever follows the head.
    payload: Option<Payload>,
    announced: Option<usize>,
    _arriving: Option<Arriving>,
}

impl UnreadBody {
    /// Takes the body of a request; refuses one that announces more than 2 MiB.
    pub(crate) fn of(request: &HttpRequest, payload: Payload) -> Result<Self, ApiError> {
        let announced = announced_length(request);
        if announced.is_some_and(|bytes| BODY_BYTES_MAX < bytes) {
            return Err(too_large());
        }
        Ok(Self {
            payload: (!asks_for_a_tunnel(request)).then_some(payload),
            announced,
            _arriving: count_body(request),
        })
    }

    /// Reads it for a caller who was let through.
    pub(crate) async fn read(self) -> Result<Body, ApiError> {
        self.read_at_most(BODY_BYTES_MAX).await
    }

    /// Reads it for a caller who shows no credential: what such a body has to say is short.
    pub(crate) async fn read_unasked(self) -> Result<Body, ApiError> {
        self.read_at_most(OPEN_BODY_BYTES_MAX).await
    }

    async fn read_at_most(self, kept_max: usize) -> Result<Body, ApiError> {
        match timeout(BODY_TIMEOUT, self.collect(kept_max)).await {
            Ok(body) => body,
            Err(_) => Err(ApiError::bad_request("the body took too long to arrive")),
        }
    }

    /// Keeps nothing of it, for a caller who was refused. Fails if it turns out to be larger than
    /// 2 MiB, or broken: that is said before anything else (contract 3.0).
    ///
    /// A length that was announced was judged already; the server lets such a body pass after the
    /// answer. One of unknown length is counted first.
    pub(crate) async fn discard(mut self) -> Result<(), ApiError> {
        if self.announced.is_some() {
            return Ok(());
        }
        let counting = async {
            let mut count = 0;
            while let Some(chunk) = self.next_chunk().await {
                count += chunk?.len();
                if BODY_BYTES_MAX < count {
                    return Err(too_large());
                }
            }
            Ok(())
        };
        timeout(REFUSED_BODY_TIMEOUT, counting)
            .await
            .unwrap_or(Ok(()))
    }

    async fn next_chunk(&mut self) -> Option<Result<Bytes, ApiError>> {
        self.payload.as_mut()?.next().await.map(whole)
    }

    async fn collect(mut self, kept_max: usize) -> Result<Body, ApiError> {
        let mut count = 0;
        let mut body = Body {
            bytes: Zeroizing::new(Vec::with_capacity(
                self.announced.unwrap_or(0).min(BODY_BYTES_RESERVED_MAX),
            )),
            room: None,
        };
        while let Some(chunk) = self.next_chunk().await {
            let chunk = chunk?;
            count += chunk.len();
            if BODY_BYTES_MAX < count {
                return Err(too_large());
            }
            if count <= kept_max {
                body.push(&chunk)?;
            }
        }
        if kept_max < count {
            return Err(ApiError::bad_request(
                "the body is longer than it can have to be",
            ));
        }
        Ok(body)
    }
}

/// Returns whether the library takes everything that follows the head for another protocol's: it
/// would never end. No other protocol is spoken here; the request is answered as one without a body,
/// and the connection closed.
fn asks_for_a_tunnel(request: &HttpRequest) -> bool {
    let mut upgrades = request.headers().get_all(header::UPGRADE);
    request.method() == Method::CONNECT
        || upgrades.any(|protocol| protocol.as_bytes().eq_ignore_ascii_case(b"websocket"))
}

fn whole(chunk: Result<Bytes, PayloadError>) -> Result<Bytes, ApiError> {
    chunk.map_err(|_| ApiError::bad_request("the body did not arrive whole"))
}

fn announced_length(request: &HttpRequest) -> Option<usize> {
    let length = request.headers().get(header::CONTENT_LENGTH)?;
    length.to_str().ok()?.parse().ok()
}

fn too_large() -> ApiError {
    ApiError::new(
        ErrorCode::PayloadTooLarge,
        format!("the body is larger than {BODY_BYTES_MAX} bytes"),
    )
}

impl Body {
    /// Keeps some more, while there is room for it.
    fn push(&mut self, chunk: &Bytes) -> Result<(), ApiError> {
        let bytes = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
        let Ok(room) = ROOM.try_acquire_many(bytes) else {
            return Err(ApiError::not_ready("too much is being sent at this moment"));
        };
        match &mut self.room {
            Some(held) => held.merge(room),
            None => self.room = Some(room),
        }
        self.bytes.extend_from_slice(chunk);
        Ok(())
    }

    /// Returns whether nothing was sent.
    pub(crate) fn is_empty(&self) -> bool {
        self.bytes.is_empty()
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
        match serde_json::from_slice(&self.bytes) {
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

/// Returns whether the content type is `application/json`, with or without parameters.
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
        let body = Body {
            bytes: Zeroizing::new(body.to_vec()),
            room: None,
        };
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
