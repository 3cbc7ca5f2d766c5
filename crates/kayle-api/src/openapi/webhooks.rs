//! What we send: one request per event type (contract 7.4).

use kayle_events::EventType;
use strum::IntoEnumIterator;
use utoipa::openapi::path::{
    HttpMethod, OperationBuilder, Parameter, ParameterBuilder, ParameterIn, PathItem, Paths,
};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::{Content, Required, Response};

use super::payloads::payload_name;
use crate::wire::form::{choice, matching, named};

/// Returns what is sent, by event type.
pub(super) fn all() -> Paths {
    EventType::iter()
        .fold(Paths::builder(), |paths, event_type| {
            let item = PathItem::new(HttpMethod::Post, operation(event_type));
            paths.path(event_type.as_str(), item)
        })
        .build()
}

fn operation(event_type: EventType) -> OperationBuilder {
    let operation = OperationBuilder::new()
        .operation_id(Some(operation_id(event_type)))
        .summary(Some(summary(event_type)))
        .description(Some(HOW_TO_READ))
        .tag("Events")
        .securities(Some([]))
        .request_body(Some(body(event_type)))
        .response(
            "2XX",
            Response::new("Accepted; the payload is erased here."),
        )
        .response(
            "default",
            Response::new(
                "Refused: tried again on the endpoint's retry schedule. So are redirects, which \
                 are not followed, and 15 seconds without an answer.",
            ),
        );
    headers(event_type)
        .into_iter()
        .fold(operation, OperationBuilder::parameter)
}

const HOW_TO_READ: &str = "\
First verify the signature over the raw body, in constant time, and refuse a timestamp that is more \
than 300 seconds off; then decrypt. Deliveries come at least once and in no particular order: tell \
repeats by `metadata.event_id`.";

fn operation_id(event_type: EventType) -> &'static str {
    match event_type {
        EventType::SessionSucceeded => "onSessionSucceeded",
        EventType::SessionFailed => "onSessionFailed",
        EventType::SessionExpired => "onSessionExpired",
        EventType::SessionCancelled => "onSessionCancelled",
        EventType::AttemptSucceeded => "onAttemptSucceeded",
        EventType::AttemptFailed => "onAttemptFailed",
    }
}

fn summary(event_type: EventType) -> &'static str {
    match event_type {
        EventType::SessionSucceeded => "A session succeeded: here is what the person shared",
        EventType::SessionFailed => "A session failed",
        EventType::SessionExpired => "A session expired",
        EventType::SessionCancelled => "A session was cancelled, or the person withdrew",
        EventType::AttemptSucceeded => "An attempt succeeded (older generation)",
        EventType::AttemptFailed => "An attempt failed (older generation)",
    }
}

fn headers(event_type: EventType) -> [Parameter; 4] {
    [
        header(
            "X-Kayle-Signature",
            matching(
                "^t=[0-9]+,v1=[0-9a-f]{64}$",
                "`t` is the time of sending in Unix seconds; `v1` is the HMAC-SHA256 of \
                 `t.body` under the endpoint's signing secret, in hex. Ignore other schemes.",
            ),
        ),
        header(
            "X-Kayle-Delivery-Id",
            matching(
                "^whd_[a-z0-9]{26}$",
                "The delivery; the same in each of its attempts.",
            ),
        ),
        header("X-Kayle-Event", choice([event_type.as_str()], "")),
        header("User-Agent", matching("^Kayle-Webhooks/", "")),
    ]
}

fn header(name: &str, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Header)
        .required(Required::True)
        .schema(Some(schema))
        .build()
}

/// A compact JWE; what it says once it is decrypted is its content's schema.
fn body(event_type: EventType) -> RequestBody {
    let jwe = matching(
        r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){4}$",
        "A compact JWE: RSA-OAEP-256 with A256GCM; `kid` is the `key_id` of the encryption key. \
         Decrypted, it is JSON of the content's schema.",
    )
    .content_media_type("application/jose")
    .content_schema(Some(named(payload_name(event_type))));
    RequestBody::builder()
        .content("application/jose", Content::new(Some(jwe)))
        .required(Some(Required::True))
        .build()
}
