//! What a test delivery looks like, and which secrets are taken, whoever asks.

use kayle_receiver::{Event, Secrets, TOLERANCE_S, UnwrapError, verify};
use serde_json::json;

fn trial() -> Event {
    let session_id = format!("vs_{}", "0".repeat(64));
    let event = json!({
        "type": "verification.session.expired",
        "metadata": {
            "contract_version": 1,
            "event_id": "evt_1",
            "verification_session_id": session_id,
            "test": true,
            "challenge": "the-challenge",
        },
        "data": {},
    });
    Event::parse(event.to_string().as_bytes()).expect("it is an event")
}

#[test]
fn a_test_event_is_of_the_type_test() {
    assert_eq!(trial().event_type(), "test");
}

#[test]
fn a_test_event_does_not_print_its_challenge() {
    assert!(!format!("{:?}", trial()).contains("the-challenge"));
}

/// The signature is that of the empty secret, which anybody could have made.
#[test]
fn a_signature_by_an_empty_secret_is_refused_without_a_receiver_too() {
    let headers = [(
        "X-Kayle-Signature",
        "t=1742404800,v1=412bb8581c729a27c5eb511a5c71f3211f0f541bc7c47197bda9fe198a5163ab",
    )];
    for secrets in [vec![""], vec!["whsec_x", ""], vec![" "], vec![]] {
        let secrets = Secrets::fixed(secrets);
        let verified = verify(
            &secrets,
            headers.as_slice(),
            b"body",
            TOLERANCE_S,
            1_742_404_800,
        );
        assert_eq!(verified, Err(UnwrapError::SecretInvalid));
    }
}
