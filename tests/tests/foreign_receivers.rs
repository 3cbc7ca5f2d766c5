//! Receivers in other languages, which know the contract and nothing of this code.

use serde_json::json;

use crate::support::customer::KEY_ID;
use crate::support::foreign::Language;
use crate::support::report::success_with;
use crate::support::{ForeignReceiver, Installation, text};

#[tokio::test]
async fn a_receiver_in_python_verifies_and_decrypts() {
    verifies_and_decrypts(Language::Python).await;
}

#[tokio::test]
async fn a_receiver_in_javascript_verifies_and_decrypts() {
    verifies_and_decrypts(Language::JavaScript).await;
}

#[tokio::test]
async fn a_receiver_in_python_refuses_another_secrets_signature() {
    refuses_another_secret(Language::Python).await;
}

#[tokio::test]
async fn a_receiver_in_javascript_refuses_another_secrets_signature() {
    refuses_another_secret(Language::JavaScript).await;
}

async fn verifies_and_decrypts(language: Language) {
    let installation = Installation::start(&[]).await;
    let mut receiver = ForeignReceiver::register(installation.api(), language).await;
    let secret = receiver.signing_secret.clone();
    receiver.learn_secret(&secret).await;
    let session_id = installation.session_id().await;
    let claims = json!({ "kayle_document_id": "kdoc_1", "given_names": "Zoë 李 \"Zo\"" });

    let reported = installation
        .report(&session_id, &success_with(&claims))
        .await
        .data();

    let delivery_id = text(&reported, "/deliveries/0");
    assert_eq!(
        receiver.next().await,
        json!({
            "delivery_id": delivery_id,
            "key_id": KEY_ID,
            "event": {
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
            },
        })
    );
    let delivery = installation.delivery_in("succeeded", delivery_id).await;
    assert_eq!(delivery["last_status_code"], 204);
}

async fn refuses_another_secret(language: Language) {
    let installation = Installation::start(&[]).await;
    let mut receiver = ForeignReceiver::register(installation.api(), language).await;
    receiver
        .learn_secret("whsec_00000000000000000000000000000000")
        .await;

    let delivery_id = installation.deliver_success().await;

    for _ in 1..=2 {
        assert_eq!(
            receiver.next().await,
            json!({ "refused": "signature mismatch" })
        );
    }
    let delivery = installation
        .delivery_where(&delivery_id, |delivery| delivery["attempts"][1].is_object())
        .await;
    for number in 0..2 {
        let attempt = &delivery["attempts"][number];
        assert_eq!(attempt["status_code"], 400);
        assert_eq!(attempt["failure_reason"], "http_status");
    }
}
