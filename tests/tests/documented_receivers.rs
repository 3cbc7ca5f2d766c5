//! The receivers of `docs/verifying-and-decrypting.md`, in three languages, and the sample in Java, run as
//! they stand there. Those in Python, JavaScript and Java use other implementations of JOSE than the service.

use std::time::Duration;

use kayle_primitives::Clock;
use kayle_testkit::receiver::WallClock;
use serde_json::{Value, json};

use crate::support::documented::Language;
use crate::support::report::success_with;
use crate::support::{DocumentedReceiver, Installation, text};

const SECRET: &str = "whsec_00000000000000000000000000000000";

#[tokio::test]
async fn the_receiver_in_python_verifies_and_decrypts() {
    verifies_and_decrypts(Language::Python).await;
}

#[tokio::test]
async fn the_receiver_in_javascript_verifies_and_decrypts() {
    verifies_and_decrypts(Language::JavaScript).await;
}

#[tokio::test]
async fn the_receiver_in_rust_verifies_and_decrypts() {
    verifies_and_decrypts(Language::Rust).await;
}

#[tokio::test]
async fn the_receiver_in_java_verifies_and_decrypts() {
    verifies_and_decrypts(Language::Java).await;
}

#[tokio::test]
async fn the_receiver_in_python_refuses_until_its_secret_is_right() {
    refuses_until_its_secret_is_right(Language::Python).await;
}

#[tokio::test]
async fn the_receiver_in_javascript_refuses_until_its_secret_is_right() {
    refuses_until_its_secret_is_right(Language::JavaScript).await;
}

#[tokio::test]
async fn the_receiver_in_rust_refuses_until_its_secret_is_right() {
    refuses_until_its_secret_is_right(Language::Rust).await;
}

#[tokio::test]
async fn the_receiver_in_java_refuses_until_its_secret_is_right() {
    refuses_until_its_secret_is_right(Language::Java).await;
}

#[tokio::test]
async fn the_receiver_in_python_refuses_old_signatures_and_handles_an_event_once() {
    refuses_old_signatures_and_handles_an_event_once(Language::Python).await;
}

#[tokio::test]
async fn the_receiver_in_javascript_refuses_old_signatures_and_handles_an_event_once() {
    refuses_old_signatures_and_handles_an_event_once(Language::JavaScript).await;
}

#[tokio::test]
async fn the_receiver_in_rust_refuses_old_signatures_and_handles_an_event_once() {
    refuses_old_signatures_and_handles_an_event_once(Language::Rust).await;
}

#[tokio::test]
async fn the_receiver_in_java_refuses_old_signatures_and_handles_an_event_once() {
    refuses_old_signatures_and_handles_an_event_once(Language::Java).await;
}

async fn verifies_and_decrypts(language: Language) {
    let installation = Installation::start(&[]).await;
    let mut receiver = DocumentedReceiver::start(language).await;
    receiver.learn_secret(&receiver.register(installation.api()).await);
    let session_id = installation.session_id().await;
    let claims = json!({ "kayle_document_id": "kdoc_1", "given_names": "Zoë 李 \"Zo\"" });

    let reported = installation
        .report(&session_id, &success_with(&claims))
        .await
        .data();

    assert_eq!(
        receiver.next_event().await,
        json!({
            "type": "verification.session.succeeded",
            "metadata": {
                "contract_version": 1,
                "event_id": reported["events"][0],
                "verification_session_id": session_id,
            },
            "data": {
                "claims": claims,
                "selected_field_keys": ["given_names", "kayle_document_id"],
            },
        })
    );
    let delivery_id = text(&reported, "/deliveries/0");
    let delivery = installation.delivery_in("succeeded", delivery_id).await;
    assert_eq!(delivery["last_status_code"], 204);
}

async fn refuses_until_its_secret_is_right(language: Language) {
    let installation = Installation::start(&[]).await;
    let mut receiver = DocumentedReceiver::start(language).await;
    let secret = receiver.register(installation.api()).await;
    receiver.learn_secret(SECRET);

    let delivery_id = installation.deliver_success().await;

    let refused = installation
        .delivery_where(&delivery_id, |delivery| delivery["attempts"][0].is_object())
        .await;
    assert_eq!(refused["attempts"][0]["status_code"], 400);
    assert_eq!(refused["attempts"][0]["failure_reason"], "http_status");
    receiver.learn_secret(&secret);
    let delivery = installation.delivery_in("succeeded", &delivery_id).await;
    let event = receiver.next_event().await;
    assert_eq!(event["metadata"]["event_id"], delivery["event_id"]);
}

async fn refuses_old_signatures_and_handles_an_event_once(language: Language) {
    let mut receiver = DocumentedReceiver::start(language).await;
    receiver.learn_secret(SECRET);
    let now = WallClock.now();
    let too_old = now.minus(Duration::from_secs(310));
    let too_new = now.plus(Duration::from_secs(310));
    let (first, second) = (event("evt_1"), event("evt_2"));

    assert_eq!(receiver.post(&first, SECRET, too_old).await, 400);
    assert_eq!(receiver.post(&first, SECRET, too_new).await, 400);
    assert_eq!(receiver.post(&first, "whsec_another", now).await, 400);
    assert_eq!(receiver.post(&second, SECRET, now).await, 204);
    assert_eq!(receiver.post(&second, SECRET, now).await, 204);
    assert_eq!(receiver.post(&first, SECRET, now).await, 204);

    assert_eq!(receiver.next_event().await, second);
    assert_eq!(receiver.next_event().await, first);
}

fn event(id: &str) -> Value {
    json!({ "type": "verification.session.expired", "metadata": { "event_id": id }, "data": {} })
}
