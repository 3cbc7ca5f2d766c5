//! From a reported verification to a verified, decrypted event at a customer's server.

use kayle_testkit::receiver::{Behaviour, Reaction};
use serde_json::{Value, json};

use crate::support::report::{attempts_path, failure, success_with};
use crate::support::{Customer, Installation, text};

#[tokio::test]
async fn a_reported_verification_arrives_verified_and_decrypted() {
    let installation = Installation::start(&[]).await;
    let behaviour = Behaviour::script([Reaction::StatusOnRelease(200)]);
    let customer = Customer::register(installation.api(), behaviour).await;
    let asked = json!({ "required": true, "reason": "To open your account" });
    let wishes = json!({ "share_fields": { "family_name": asked, "date_of_birth": asked } });
    let session = installation.open_session(&wishes).await;
    let session_id = text(&session, "/id");
    assert_eq!(session["status"], "created");
    assert_eq!(
        session["share_fields"]["kayle_document_id"]["source"],
        "default"
    );

    let path = format!("/internal/v1/sessions/{session_id}/begin");
    let begun = installation.intake.post_empty(&path).await.data();
    assert_eq!(begun["status"], "in_progress");
    let failed = installation
        .report(session_id, &failure("liveness_failed"))
        .await
        .data();
    assert_eq!(failed["attempt"]["failure_code"], "liveness_failed");
    assert_eq!(failed["session"]["liveness_tries_used"], 1);
    assert_eq!(failed["session"]["status"], "in_progress");
    assert_eq!(
        (&failed["events"], &failed["deliveries"]),
        (&json!([]), &json!([]))
    );

    let claims = json!({
        "date_of_birth": "1867-11-07",
        "family_name": "Curie",
        "kayle_document_id": "kdoc_curie",
    });
    let reported = installation
        .report(session_id, &success_with(&claims))
        .await
        .data();
    assert_eq!(reported["session"]["status"], "succeeded");
    assert_eq!(reported["events"].as_array().map(Vec::len), Some(1));
    assert_eq!(reported["deliveries"].as_array().map(Vec::len), Some(1));
    let (event_id, delivery_id) = (
        text(&reported, "/events/0"),
        text(&reported, "/deliveries/0"),
    );

    // While the customer holds its answer, the payload is stored.
    let requests = customer.requests(1).await;
    let under_way = installation.delivery(delivery_id).await;
    assert_eq!(under_way["status"], "delivering");
    assert_eq!(under_way["payload_retention_reason"], "pending_delivery");
    assert!(under_way["payload_expires_at"].is_string());
    assert_eq!(under_way["payload_scrubbed_at"], Value::Null);

    let request = &requests[0];
    assert_eq!(
        (request.method.as_str(), request.path.as_str()),
        ("POST", "/webhooks/kayle?tenant=1")
    );
    assert_eq!(request.header("content-type"), Ok("application/jose"));
    assert_eq!(request.header("x-kayle-delivery-id"), Ok(delivery_id));
    assert_eq!(
        request.header("x-kayle-event"),
        Ok("verification.session.succeeded")
    );
    assert!(
        request
            .header("user-agent")
            .unwrap()
            .starts_with("Kayle-Webhooks/")
    );
    let event = customer.open(request);
    assert_eq!(
        event,
        json!({
            "type": "verification.session.succeeded",
            "metadata": {
                "contract_version": 1,
                "event_id": event_id,
                "verification_session_id": session_id,
            },
            "data": {
                "claims": claims,
                "selected_field_keys": ["date_of_birth", "family_name", "kayle_document_id"],
            },
        })
    );

    customer.receiver.release();
    let delivery = installation.delivery_in("succeeded", delivery_id).await;
    expect_delivered_at_once(&delivery, &customer, event_id);
    expect_listed(&installation, delivery, event_id, session_id).await;
}

/// Checks a delivery that succeeded with its first attempt, every member of it.
fn expect_delivered_at_once(delivery: &Value, customer: &Customer, event_id: &str) {
    assert_eq!(delivery["event_id"], event_id);
    assert_eq!(delivery["webhook_endpoint_id"], *customer.endpoint_id);
    assert!(text(delivery, "/webhook_encryption_key_id").starts_with("whk_"));
    assert_eq!(delivery["attempt_count"], 1);
    assert_eq!(delivery["next_attempt_at"], Value::Null);
    assert_eq!(delivery["last_status_code"], 200);
    assert_eq!(delivery["payload_retention_reason"], "delivered");
    assert_eq!(delivery["payload_expires_at"], Value::Null);
    assert_eq!(delivery["payload_scrubbed_at"], delivery["last_attempt_at"]);

    let attempts = delivery["attempts"]
        .as_array()
        .expect("attempts are listed");
    assert_eq!(attempts.len(), 1);
    let attempt = &attempts[0];
    assert!(text(attempt, "/id").starts_with("wha_"));
    assert_eq!(attempt["status"], "succeeded");
    assert_eq!(attempt["status_code"], 200);
    assert_eq!(attempt["failure_reason"], Value::Null);
    assert!(attempt["duration_ms"].is_u64());
    assert_eq!(attempt["attempted_at"], delivery["last_attempt_at"]);
}

/// Checks what the lists and the event say about a delivery and its event.
async fn expect_listed(
    installation: &Installation,
    mut delivery: Value,
    event_id: &str,
    session_id: &str,
) {
    let members = delivery.as_object_mut().expect("a delivery is an object");
    for told_of_one in ["attempts", "explanation", "report"] {
        members.remove(told_of_one).expect("one delivery has it");
    }
    let listed = installation.api().list("/v1/webhooks/deliveries").await;
    assert_eq!(listed, [delivery.clone()]);

    let members = delivery.as_object_mut().expect("a delivery is an object");
    for left_out in [
        "event_id",
        "webhook_encryption_key_id",
        "next_attempt_at",
        "created_at",
        "updated_at",
    ] {
        members.remove(left_out).expect("the list has it");
    }
    for events in ["/v1/webhooks/events", "/v1/events"] {
        let path = format!("{events}/{event_id}");
        let mut event = installation.api().get(&path).await.data();
        // A list does not tell who was passed over.
        let mut listed = event.clone();
        let passed_over = listed
            .as_object_mut()
            .expect("an event is an object")
            .remove("passed_over");
        assert_eq!(passed_over, Some(json!([])));
        assert_eq!(installation.api().list(events).await, [listed]);
        let created_at = event["created_at"].take();
        assert_eq!(
            created_at.as_str().map(str::len),
            Some("2026-05-05T11:00:00.000Z".len())
        );
        let expected = json!({
            "id": event_id,
            "type": "verification.session.succeeded",
            "trigger_type": "verification_session",
            "trigger_id": session_id,
            "created_at": null,
            "deliveries": [delivery],
            "passed_over": [],
        });
        assert_eq!(event, expected);
    }
}

#[tokio::test]
async fn three_failures_of_one_check_end_the_session_with_an_event() {
    let installation = Installation::start(&[]).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let session_id = installation.session_id().await;

    for code in [
        "liveness_failed",
        "document_authenticity_failed",
        "document_authenticity_failed",
    ] {
        let reported = installation
            .report(&session_id, &failure(code))
            .await
            .data();
        assert_eq!(reported["session"]["status"], "in_progress");
    }
    let last = failure("document_chip_authentication_failed");
    let reported = installation.report(&session_id, &last).await.data();

    assert_eq!(reported["session"]["status"], "failed");
    let event = customer.open(&customer.requests(1).await[0]);
    assert_eq!(event["type"], "verification.session.failed");
    assert_eq!(
        event["data"],
        json!({
            "failure_code": "document_chip_authentication_failed",
            "nfc_tries_used": 3,
            "liveness_tries_used": 1,
        })
    );
    let again = installation
        .intake
        .post(&attempts_path(&session_id), &last)
        .await;
    again.expect_refusal(409, "CONFLICT");
}
