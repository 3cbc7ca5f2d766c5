//! A report and all that it causes.

use kayle_app::dispatch::Outcome;
use kayle_app::sessions::ReportAttemptError;
use kayle_delivery::{
    AttemptOutcome, Delivery, DeliveryState, LastAttempt, Payload, ScrubReason, StoredReason,
};
use kayle_events::{ClaimValue, EventType, FailureCode};
use kayle_primitives::{Organization, SessionId};
use kayle_sessions::share_contract::InvalidClaims;
use kayle_sessions::{Session, SessionState, SessionStatus, Targets};
use kayle_testkit::builders::KEY_ID;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};
use serde_json::json;
use strum::IntoEnumIterator;

use crate::world::{
    attempt_id, attempts, claim_key, claims, decrypted, deliveries, event_types, events,
    everything, failed, only_in_flight, recorded_attempt, requests, session, session_with, settle,
    share_contract, sorted, stored_session, subscriber_to, subscriber_with, succeeded, text, under,
    was_woken,
};

const ATTEMPT_EVENTS: [EventType; 2] = [EventType::AttemptSucceeded, EventType::AttemptFailed];

/// Reports these failures, and returns the session afterwards with the types of its events in the
/// order they happened.
async fn ended_by(failures: &[FailureCode]) -> (Session, Vec<EventType>) {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let session = session(&kit, &organization).await;
    for code in failures {
        let reported = kit.webhooks.report_attempt(&session.id, failed(*code));
        reported.await.expect("the session is active");
    }
    (
        stored_session(&kit, &session).await,
        event_types(&kit, organization.id).await,
    )
}

/// Reports a success to an endpoint without a usable key, and returns its delivery.
async fn stillborn(kit: &TestWebhooks, organization: &Organization) -> Delivery {
    let session = session(kit, organization).await;
    let report = succeeded(claims([]));
    let reported = kit.webhooks.report_attempt(&session.id, report).await;
    assert_eq!(reported.expect("it is well formed").deliveries.len(), 1);
    assert_eq!(requests(kit).await.len(), 0, "there is nothing to send");
    deliveries(kit, organization.id).await.remove(0)
}

#[tokio::test]
async fn a_success_is_told_with_exactly_the_claims_that_were_shared() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed.subscriber(&organization).await;
    let contract = share_contract(&["family_name", "age_over_18", "kayle_human_id", "sex_marker"]);
    let session = session_with(&kit, &organization, |it| it.share_contract = contract).await;
    let shared = claims([
        ("family_name", text("Skłodowska \"Curie\"\u{1}")),
        ("age_over_18", ClaimValue::Boolean(true)),
        ("kayle_human_id", ClaimValue::Null),
    ]);
    let reported = kit.webhooks.report_attempt(&session.id, succeeded(shared));
    let reported = reported.await.unwrap();

    let requests = requests(&kit).await;
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].event_type, EventType::SessionSucceeded);
    let expected = json!({
        "type": "verification.session.succeeded",
        "metadata": {
            "contract_version": 1,
            "event_id": reported.events[0].as_str(),
            "verification_session_id": session.id.as_str(),
        },
        "data": {
            "claims": {
                "age_over_18": true,
                "family_name": "Skłodowska \"Curie\"\u{1}",
                "kayle_document_id": "document-1",
                "kayle_human_id": null,
            },
            "selected_field_keys": [
                "age_over_18", "family_name", "kayle_document_id", "kayle_human_id",
            ],
        },
    });
    assert_eq!(decrypted(&requests[0]), expected);
}

#[tokio::test]
async fn an_answer_names_what_is_stored() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed.subscriber(&organization).await;
    subscriber_to(&kit, &organization, &ATTEMPT_EVENTS).await;
    let session = session(&kit, &organization).await;
    let id = attempt_id(&kit);
    let report = under(&id, succeeded(claims([])));
    let reported = kit.webhooks.report_attempt(&session.id, report).await;
    let reported = reported.unwrap();

    assert_eq!(stored_session(&kit, &session).await, reported.session);
    let recorded = recorded_attempt(&kit, &id).await.unwrap();
    assert_eq!(recorded.attempt, reported.attempt);
    let mut stored = Vec::new();
    for id in &reported.events {
        let event = kit.webhooks.get_event(organization.id, id).await;
        stored.push(event.unwrap().unwrap());
    }
    let types: Vec<EventType> = stored.iter().map(|it| it.event.event_type).collect();
    assert_eq!(
        types,
        [EventType::AttemptSucceeded, EventType::SessionSucceeded]
    );
    let of_events = stored.into_iter().flat_map(|it| it.deliveries);
    assert_eq!(
        sorted(of_events.map(|delivery| delivery.id)),
        sorted(reported.deliveries)
    );
    assert!(was_woken(&kit));
}

#[tokio::test]
async fn a_delivery_is_born_due_and_stored_for_its_schedule_and_retention() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let session = session(&kit, &organization).await;
    let report = succeeded(claims([]));
    let reported = kit.webhooks.report_attempt(&session.id, report).await;
    let now = kit.webhooks.now();
    // The window of the standard schedule, and the default retention of 72 hours.
    let kept = std::time::Duration::from_secs(99_305 + 72 * 3600);
    let expected = Delivery {
        id: reported.unwrap().deliveries[0].clone(),
        organization_id: organization.id,
        event_id: events(&kit, organization.id).await[0].event.id.clone(),
        endpoint_id: subscriber.endpoint.id,
        encryption_key_id: Some(subscriber.key.id),
        state: DeliveryState::Pending { due_at: now },
        attempt_count: 0,
        last_attempt: None,
        payload: Payload::Stored {
            expires_at: now.plus(kept),
            reason: StoredReason::PendingDelivery,
        },
        is_test: false,
        created_at: now,
        updated_at: now,
    };
    assert_eq!(deliveries(&kit, organization.id).await, [expected]);
}

#[tokio::test]
async fn the_portrait_is_told_in_the_attempt_event_only() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    subscriber_to(&kit, &organization, &EventType::iter().collect::<Vec<_>>()).await;
    let contract = share_contract(&["document_photo", "family_name"]);
    let session = session_with(&kit, &organization, |it| it.share_contract = contract).await;
    let shared = claims([
        ("document_photo", text("cG9ydHJhaXQ=")),
        ("family_name", text("Curie")),
    ]);
    let reported = kit.webhooks.report_attempt(&session.id, succeeded(shared));
    let attempt = reported.await.unwrap().attempt;

    for request in requests(&kit).await {
        let payload = decrypted(&request);
        let (data, metadata) = (&payload["data"], &payload["metadata"]);
        if request.event_type == EventType::AttemptSucceeded {
            assert_eq!(data["claims"]["document_photo"], "cG9ydHJhaXQ=");
            let keys = ["document_photo", "family_name", "kayle_document_id"];
            assert_eq!(data["selected_field_keys"], json!(keys));
            assert_eq!(metadata["verification_attempt_id"], attempt.id.as_str());
        } else {
            assert_eq!(request.event_type, EventType::SessionSucceeded);
            let claims = json!({ "family_name": "Curie", "kayle_document_id": "document-1" });
            assert_eq!(data["claims"], claims);
            let keys = ["family_name", "kayle_document_id"];
            assert_eq!(data["selected_field_keys"], json!(keys));
            assert_eq!(metadata.get("verification_attempt_id"), None);
        }
    }
    assert_eq!(events(&kit, organization.id).await.len(), 2);
}

#[tokio::test]
async fn an_attempt_event_is_written_for_those_who_subscribe_to_it() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = subscriber_to(&kit, &organization, &[EventType::AttemptFailed]).await;
    kit.seed.subscriber(&organization).await;
    let session = session(&kit, &organization).await;
    let report = failed(FailureCode::LivenessFailed);
    let reported = kit.webhooks.report_attempt(&session.id, report).await;

    let attempt = reported.unwrap().attempt;
    let written = events(&kit, organization.id).await;
    assert_eq!(written.len(), 1);
    assert_eq!(written[0].event.event_type, EventType::AttemptFailed);
    assert_eq!(written[0].deliveries.len(), 1);
    assert_eq!(written[0].deliveries[0].endpoint_id, subscriber.endpoint.id);
    let payload = decrypted(&requests(&kit).await[0]);
    assert_eq!(
        payload["data"],
        json!({ "failure_code": "liveness_failed" })
    );
    let told = &payload["metadata"]["verification_attempt_id"];
    assert_eq!(told, attempt.id.as_str());
}

#[tokio::test]
async fn a_failure_that_nobody_subscribes_to_writes_no_event() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed.subscriber(&organization).await;
    let session = session(&kit, &organization).await;
    let report = failed(FailureCode::LivenessFailed);
    let reported = kit.webhooks.report_attempt(&session.id, report).await;
    let reported = reported.unwrap();
    assert_eq!((reported.events, reported.deliveries), (vec![], vec![]));
    assert_eq!(reported.session.state, SessionState::InProgress);
    assert_eq!(event_types(&kit, organization.id).await, []);
    assert!(!was_woken(&kit));
}

#[tokio::test]
async fn a_session_event_is_written_even_if_nobody_gets_it() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let session = session(&kit, &organization).await;
    let report = succeeded(claims([]));
    let reported = kit.webhooks.report_attempt(&session.id, report).await;
    let reported = reported.unwrap();
    assert_eq!((reported.events.len(), reported.deliveries.len()), (1, 0));
    let types = event_types(&kit, organization.id).await;
    assert_eq!(types, [EventType::SessionSucceeded]);
}

#[tokio::test]
async fn only_enabled_targeted_subscribed_endpoints_of_the_organization_get_a_delivery() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let stranger = kit.seed.organization().await;
    let targeted = kit.seed.subscriber(&organization).await;
    let now = kit.webhooks.now();
    let disabled = subscriber_with(&kit, &organization, |endpoint| {
        endpoint.disabled_at = Some(now);
    });
    let disabled = disabled.await;
    let unsubscribed = subscriber_to(&kit, &organization, &[EventType::SessionFailed]).await;
    kit.seed.subscriber(&organization).await;
    kit.seed.subscriber(&stranger).await;
    let ids = [&targeted, &disabled, &unsubscribed].map(|it| it.endpoint.id.clone());
    let targets = Targets::new(ids.to_vec()).unwrap();
    let session = session_with(&kit, &organization, |it| it.targets = targets).await;
    let report = succeeded(claims([]));
    kit.webhooks
        .report_attempt(&session.id, report)
        .await
        .unwrap();

    let made = deliveries(&kit, organization.id).await;
    let to: Vec<_> = made.iter().map(|delivery| &delivery.endpoint_id).collect();
    assert_eq!(to, [&targeted.endpoint.id]);
    assert_eq!(deliveries(&kit, stranger.id).await, []);
}

#[tokio::test]
async fn every_endpoint_gets_a_payload_of_its_own() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    for _ in 0..2 {
        kit.seed.subscriber(&organization).await;
    }
    let session = session(&kit, &organization).await;
    let report = succeeded(claims([("family_name", text("Curie"))]));
    kit.webhooks
        .report_attempt(&session.id, report)
        .await
        .unwrap();
    let requests = requests(&kit).await;
    assert_eq!(requests.len(), 2);
    assert_ne!(requests[0].jwe, requests[1].jwe);
    assert_eq!(decrypted(&requests[0]), decrypted(&requests[1]));
}

#[tokio::test]
async fn the_payload_names_the_key_as_the_customer_does() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed.subscriber(&organization).await;
    let session = session(&kit, &organization).await;
    let report = succeeded(claims([]));
    kit.webhooks
        .report_attempt(&session.id, report)
        .await
        .unwrap();
    let request = requests(&kit).await.remove(0);
    let opened = kayle_testkit::builders::private_key().decrypt(request.jwe.as_str());
    assert_eq!(opened.unwrap().key_id, KEY_ID);
}

#[tokio::test]
async fn an_endpoint_without_an_active_key_gets_a_delivery_that_has_failed() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let endpoint = kit.seed.make.endpoint(&organization);
    kit.seed.endpoint(&endpoint).await;
    let delivery = stillborn(&kit, &organization).await;
    let now = kit.webhooks.now();
    assert_eq!(delivery.state, DeliveryState::Failed);
    assert_eq!(
        (delivery.attempt_count, &delivery.encryption_key_id),
        (1, &None)
    );
    let reason = ScrubReason::NoActiveKey;
    assert_eq!(delivery.payload, Payload::Scrubbed { at: now, reason });
    let last = LastAttempt {
        at: now,
        status_code: None,
        failure_reason: None,
    };
    assert_eq!(delivery.last_attempt, Some(last));
    let attempts = attempts(&kit, &delivery).await;
    assert_eq!(attempts.len(), 1);
    assert_eq!(attempts[0].outcome, AttemptOutcome::NotEncrypted);
}

#[tokio::test]
async fn a_key_that_cannot_encrypt_makes_a_delivery_that_has_failed() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let endpoint = kit.seed.make.endpoint(&organization);
    kit.seed.endpoint(&endpoint).await;
    let mut key = kit.seed.make.encryption_key(&endpoint);
    key.jwk.n = "AQAB".to_owned();
    kit.seed.key(&key).await;
    let delivery = stillborn(&kit, &organization).await;
    assert_eq!(delivery.state, DeliveryState::Failed);
    assert_eq!(delivery.encryption_key_id, Some(key.id));
    let (at, reason) = (kit.webhooks.now(), ScrubReason::JweCreationFailed);
    assert_eq!(delivery.payload, Payload::Scrubbed { at, reason });
    assert_eq!(attempts(&kit, &delivery).await.len(), 1);
}

#[tokio::test]
async fn one_endpoint_without_a_key_takes_nothing_from_another() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let keyless = kit.seed.make.endpoint(&organization);
    kit.seed.endpoint(&keyless).await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let session = session(&kit, &organization).await;
    let report = succeeded(claims([]));
    let reported = kit.webhooks.report_attempt(&session.id, report).await;
    assert_eq!(reported.unwrap().deliveries.len(), 2);
    let in_flight = only_in_flight(&kit).await;
    assert_eq!(in_flight.delivery.endpoint_id, subscriber.endpoint.id);
    let accepted = AttemptOutcome::Accepted { status_code: 204 };
    assert_eq!(
        settle(&kit, in_flight, Outcome::Attempted(accepted)).await,
        0
    );
}

#[tokio::test]
async fn the_third_failure_of_a_check_ends_the_session() {
    use FailureCode::{
        DocumentActiveAuthenticationFailed, DocumentAntiCloningAttestationFailed,
        DocumentAuthenticityFailed, DocumentChipAuthenticationFailed, DocumentDataInvalid,
        LivenessFailed, SelfieFaceMismatch,
    };
    async fn check(failures: &[FailureCode], tries_used: (u8, u8), ended: bool) {
        let (session, told) = ended_by(failures).await;
        let spent = (session.nfc_tries_used, session.liveness_tries_used);
        assert_eq!(spent, tries_used, "{failures:?}");
        if ended {
            let failure_code = failures.last().copied();
            assert_eq!(session.state.failure_code(), failure_code, "{failures:?}");
            assert_eq!(told, [EventType::SessionFailed], "{failures:?}");
        } else {
            assert_eq!(session.state, SessionState::InProgress, "{failures:?}");
            assert_eq!(told, [], "{failures:?}");
        }
    }
    let nfc = [
        DocumentAuthenticityFailed,
        DocumentActiveAuthenticationFailed,
        DocumentChipAuthenticationFailed,
    ];
    check(&nfc[..2], (2, 0), false).await;
    check(&nfc, (3, 0), true).await;
    check(&[LivenessFailed, SelfieFaceMismatch], (0, 2), false).await;
    check(
        &[LivenessFailed, SelfieFaceMismatch, LivenessFailed],
        (0, 3),
        true,
    )
    .await;
    check(
        &[nfc[0], LivenessFailed, nfc[1], LivenessFailed],
        (2, 2),
        false,
    )
    .await;
    check(&[DocumentAntiCloningAttestationFailed], (0, 0), true).await;
    check(
        &[nfc[0], DocumentAntiCloningAttestationFailed],
        (1, 0),
        true,
    )
    .await;
    check(&[DocumentDataInvalid; 10], (0, 0), false).await;
}

#[tokio::test]
async fn a_failed_session_is_told_with_its_counters() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed.subscriber(&organization).await;
    let session = session(&kit, &organization).await;
    for code in [
        FailureCode::LivenessFailed,
        FailureCode::DocumentAntiCloningAttestationFailed,
    ] {
        let reported = kit.webhooks.report_attempt(&session.id, failed(code));
        reported.await.unwrap();
    }
    let payload = decrypted(&requests(&kit).await[0]);
    assert_eq!(payload["type"], "verification.session.failed");
    let expected = json!({
        "failure_code": "document_anti_cloning_attestation_failed",
        "nfc_tries_used": 0, "liveness_tries_used": 1,
    });
    assert_eq!(payload["data"], expected);
}

#[tokio::test]
async fn an_ended_session_takes_no_report() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed.subscriber(&organization).await;
    let session = session(&kit, &organization).await;
    let report = || succeeded(claims([]));
    let first = kit.webhooks.report_attempt(&session.id, report()).await;
    first.unwrap();
    let before = everything(&kit, organization.id).await;
    for report in [report(), failed(FailureCode::LivenessFailed)] {
        let refused = kit.webhooks.report_attempt(&session.id, report).await;
        assert!(matches!(
            refused,
            Err(ReportAttemptError::Terminal(SessionStatus::Succeeded))
        ));
    }
    assert_eq!(everything(&kit, organization.id).await, before);
}

#[tokio::test]
async fn claims_that_do_not_fit_leave_nothing_behind() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    subscriber_to(&kit, &organization, &EventType::iter().collect::<Vec<_>>()).await;
    let session = session(&kit, &organization).await;
    let id = attempt_id(&kit);
    let before = everything(&kit, organization.id).await;
    let mut without_id = claims([]);
    without_id.remove(&claim_key("kayle_document_id"));
    let photo = claims([("document_photo", text("cG9ydHJhaXQ="))]);
    let typed = claims([("family_name", ClaimValue::Boolean(true))]);
    let cases = [
        (
            without_id,
            InvalidClaims::Missing(claim_key("kayle_document_id")),
        ),
        (
            photo,
            InvalidClaims::NotInContract(claim_key("document_photo")),
        ),
        (
            typed,
            InvalidClaims::WrongType(claim_key("family_name"), "a string or null"),
        ),
    ];
    for (claims, expected) in cases {
        let report = under(&id, succeeded(claims));
        let refused = kit.webhooks.report_attempt(&session.id, report).await;
        match refused {
            Err(ReportAttemptError::Claims(error)) => assert_eq!(error, expected),
            other => panic!("answered {other:?} instead of {expected:?}"),
        }
        assert_eq!(recorded_attempt(&kit, &id).await, None);
    }
    assert_eq!(everything(&kit, organization.id).await, before);

    let report = under(&id, succeeded(claims([])));
    let reported = kit.webhooks.report_attempt(&session.id, report).await;
    assert_eq!(reported.unwrap().attempt.id, id, "the id is still free");
}

#[tokio::test]
async fn an_unknown_session_takes_no_report() {
    let kit = test_webhooks();
    let unknown = SessionId::parse("vs_unknown").unwrap();
    let report = failed(FailureCode::LivenessFailed);
    let refused = kit.webhooks.report_attempt(&unknown, report).await;
    assert!(matches!(refused, Err(ReportAttemptError::NotFound)));
}
