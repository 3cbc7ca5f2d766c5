use std::str::FromStr;

use super::*;

#[test]
fn every_reason_is_read_back_from_its_name() {
    for reason in RetentionReason::iter() {
        assert_eq!(RetentionReason::from_str(reason.as_str()), Ok(reason));
    }
    assert!(RetentionReason::from_str("Delivered").is_err());
    assert!(RetentionReason::from_str("").is_err());
}

#[test]
fn a_payload_is_retained_until_its_end_and_not_at_it() {
    let end = Timestamp::from_unix_ms(1_000);
    let stored = Payload::Stored {
        expires_at: end,
        reason: StoredReason::PendingDelivery,
    };
    assert!(stored.is_retained(Timestamp::from_unix_ms(999)));
    assert!(!stored.is_retained(end));
}

#[test]
fn a_scrubbed_payload_shows_when_and_why_and_no_end() {
    let at = Timestamp::from_unix_ms(7);
    let scrubbed = Payload::Scrubbed {
        at,
        reason: ScrubReason::PrivacyRequest,
    };
    assert_eq!(scrubbed.expires_at(), None);
    assert_eq!(scrubbed.scrubbed_at(), Some(at));
    assert_eq!(scrubbed.reason().as_str(), "privacy_request");
    assert!(!scrubbed.is_retained(Timestamp::from_unix_ms(0)));
}

#[test]
fn a_jwe_does_not_show_itself() {
    let jwe = CompactJwe::new("header.key.iv.text.tag".to_owned());
    assert_eq!(format!("{jwe:?}"), "<jwe>");
}
