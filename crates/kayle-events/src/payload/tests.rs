use kayle_primitives::{AttemptId, EventId, OrganizationId, SessionId, Timestamp};
use proptest::prelude::*;

use super::*;

fn event(event_type: EventType) -> Event {
    Event {
        id: EventId::parse("evt_1").unwrap(),
        organization_id: OrganizationId(uuid::Uuid::nil()),
        event_type,
        session_id: SessionId::parse("vs_1").unwrap(),
        attempt_id: Some(AttemptId::parse("va_1").unwrap()),
        created_at: Timestamp::from_unix_ms(0),
        challenge: None,
    }
}

fn check(data: &EventData, expected: &str) {
    let plaintext = data.to_plaintext(&event(data.event_type()));
    assert_eq!(std::str::from_utf8(plaintext.expose()).unwrap(), expected);
}

fn claims() -> Claims {
    Claims::from([
        (
            ClaimKey::KAYLE_DOCUMENT_ID,
            ClaimValue::Text(Zeroizing::new("kd_\"1\"".to_owned())),
        ),
        (
            ClaimKey::parse("age_over_18").unwrap(),
            ClaimValue::Boolean(true),
        ),
        (ClaimKey::parse("kayle_human_id").unwrap(), ClaimValue::Null),
    ])
}

#[test]
fn every_type_is_written_as_the_contract_shows_it() {
    check(
        &EventData::SessionSucceeded { claims: claims() },
        r#"{"type":"verification.session.succeeded","metadata":{"contract_version":1,"event_id":"evt_1","verification_session_id":"vs_1"},"data":{"claims":{"age_over_18":true,"kayle_document_id":"kd_\"1\"","kayle_human_id":null},"selected_field_keys":["age_over_18","kayle_document_id","kayle_human_id"]}}"#,
    );
    check(
        &EventData::SessionFailed {
            failure_code: FailureCode::LivenessFailed,
            nfc_tries_used: 1,
            liveness_tries_used: 3,
        },
        r#"{"type":"verification.session.failed","metadata":{"contract_version":1,"event_id":"evt_1","verification_session_id":"vs_1"},"data":{"failure_code":"liveness_failed","liveness_tries_used":3,"nfc_tries_used":1}}"#,
    );
    check(
        &EventData::SessionExpired,
        r#"{"type":"verification.session.expired","metadata":{"contract_version":1,"event_id":"evt_1","verification_session_id":"vs_1"},"data":{}}"#,
    );
    check(
        &EventData::SessionCancelled {
            reason: CancelReason::CancelledAfterFailedCheck,
            nfc_tries_used: 2,
            liveness_tries_used: 0,
        },
        r#"{"type":"verification.session.cancelled","metadata":{"contract_version":1,"event_id":"evt_1","verification_session_id":"vs_1"},"data":{"liveness_tries_used":0,"nfc_tries_used":2,"outcome":"not_verified","reason":"cancelled_after_failed_check"}}"#,
    );
    check(
        &EventData::AttemptFailed {
            failure_code: FailureCode::SelfieFaceMismatch,
        },
        r#"{"type":"verification.attempt.failed","metadata":{"contract_version":1,"event_id":"evt_1","verification_attempt_id":"va_1","verification_session_id":"vs_1"},"data":{"failure_code":"selfie_face_mismatch"}}"#,
    );
}

#[test]
fn a_plaintext_does_not_show_itself() {
    let data = EventData::AttemptSucceeded { claims: claims() };
    let plaintext = data.to_plaintext(&event(EventType::AttemptSucceeded));
    assert_eq!(format!("{plaintext:?}"), "<plaintext>");
}

proptest! {
    #[test]
    fn any_claim_text_arrives_unchanged_and_fits_the_reserved_room(text in any::<String>()) {
        let value = ClaimValue::Text(Zeroizing::new(text.clone()));
        let claims = Claims::from([(ClaimKey::DATE_OF_BIRTH, value)]);
        let data = EventData::SessionSucceeded { claims };
        let plaintext = data.to_plaintext(&event(EventType::SessionSucceeded));
        prop_assert!(plaintext.expose().len() <= ENVELOPE_BYTES_MAX + data.claims_bytes_max());
        let json: serde_json::Value = serde_json::from_slice(plaintext.expose()).unwrap();
        prop_assert_eq!(&json["data"]["claims"]["date_of_birth"], &serde_json::Value::String(text));
    }
}
