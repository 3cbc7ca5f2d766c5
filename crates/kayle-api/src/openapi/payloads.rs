//! What a delivery says once it is decrypted, by event type (contract 6.2 to 6.6, D1).

use kayle_events::claims::STATIC_CLAIMS;
use kayle_events::payload::{CONTRACT_VERSION, CancelReason};
use kayle_events::{ClaimKey, EventType, FailureCode, TriggerType};
use kayle_primitives::{AttemptId, EventId, SessionId};
use strum::IntoEnumIterator;
use utoipa::openapi::schema::{ObjectBuilder, Type};
use utoipa::openapi::{RefOr, Schema};

use crate::wire::Wire;
use crate::wire::form::{
    Member, about, choice, closed, count_to, either, flag, list, no_other_member, null, nullable,
    text,
};

/// Returns the name of the schema of an event type's payload.
pub(in crate::openapi) fn payload_name(event_type: EventType) -> &'static str {
    match event_type {
        EventType::SessionSucceeded => "SessionSucceededPayload",
        EventType::SessionFailed => "SessionFailedPayload",
        EventType::SessionExpired => "SessionExpiredPayload",
        EventType::SessionCancelled => "SessionCancelledPayload",
        EventType::AttemptSucceeded => "AttemptSucceededPayload",
        EventType::AttemptFailed => "AttemptFailedPayload",
    }
}

pub(super) fn schemas() -> impl Iterator<Item = (&'static str, Schema)> {
    EventType::iter().map(|event_type| (payload_name(event_type), payload(event_type).into()))
}

fn payload(event_type: EventType) -> ObjectBuilder {
    closed([
        ("type", choice([event_type.as_str()], "").into()),
        ("metadata", metadata(event_type).into()),
        ("data", data(event_type).into()),
    ])
}

fn metadata(event_type: EventType) -> ObjectBuilder {
    let version = CONTRACT_VERSION;
    let event_id = about(
        EventId::form(),
        "The same in every retry and replay: tell repeats by it.",
    );
    let members: [Member; 3] = [
        ("contract_version", count_to(version, version, "").into()),
        ("event_id", event_id.into()),
        ("verification_session_id", SessionId::form().into()),
    ];
    let attempt_id = match event_type.trigger_type() {
        TriggerType::Session | TriggerType::Test => None,
        TriggerType::Attempt => Some(("verification_attempt_id", AttemptId::form().into())),
    };
    closed(members.into_iter().chain(attempt_id))
}

fn data(event_type: EventType) -> ObjectBuilder {
    match event_type {
        EventType::SessionSucceeded => succeeded(claims([])),
        EventType::AttemptSucceeded => {
            let photo = text("The portrait, base64.");
            succeeded(claims([(ClaimKey::DOCUMENT_PHOTO, photo)]))
        }
        EventType::SessionFailed => closed([
            ("failure_code", failure_code()),
            ("nfc_tries_used", tries("Failed reads of the chip.")),
            ("liveness_tries_used", tries("Failed liveness checks.")),
        ]),
        EventType::SessionExpired => no_other_member().schema_type(Type::Object),
        EventType::SessionCancelled => closed([
            ("outcome", choice(["not_verified"], "").into()),
            (
                "reason",
                choice(CancelReason::iter().map(CancelReason::as_str), "").into(),
            ),
            ("nfc_tries_used", tries("Failed reads of the chip.")),
            ("liveness_tries_used", tries("Failed liveness checks.")),
        ]),
        EventType::AttemptFailed => closed([("failure_code", failure_code())]),
    }
}

fn failure_code() -> RefOr<Schema> {
    about(FailureCode::form(), "What failed.").into()
}

fn tries(about: &str) -> RefOr<Schema> {
    count_to(0, 3, about).into()
}

fn succeeded(claims: ObjectBuilder) -> ObjectBuilder {
    let keys = list(ClaimKey::form(), "The keys of `claims`, sorted.").unique_items(true);
    closed([
        ("claims", claims.into()),
        ("selected_field_keys", keys.into()),
    ])
}

/// What the person agreed to share. Which of the claims are there depends on the session.
fn claims(more: impl IntoIterator<Item = (ClaimKey, ObjectBuilder)>) -> ObjectBuilder {
    let names = STATIC_CLAIMS.into_iter().map(|name| {
        let about = "A claim that was declined is absent or null.";
        (name.to_owned(), text(about))
    });
    let more = more
        .into_iter()
        .map(|(key, schema)| (key.to_string(), schema));
    let age_gate = either([flag("").into(), null().into()], "An `age_over_N`.");
    let claims = ObjectBuilder::new()
        .schema_type(Type::Object)
        .property_names(Some(ClaimKey::form()))
        .additional_properties(Some(Schema::OneOf(age_gate.build())));
    names.chain(more).fold(claims, |claims, (name, schema)| {
        claims.property(name, nullable(schema))
    })
}
