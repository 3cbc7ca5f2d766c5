//! The pre-flight checks, and what each leaves behind.

use std::time::Duration;

use kayle_app::dispatch::{Claim, Outcome};
use kayle_app::limits::FAULT_DELAY;
use kayle_app::ports::queue::{Claimed, ClaimedEndpoint};
use kayle_crypto::{KeyRing, verify_signature};
use kayle_delivery::{
    AttemptOutcome, Delivery, DeliveryState, FailureReason, Input, Payload, ScrubReason, step,
};
use kayle_endpoints::EndpointUrl;
use kayle_events::EventType;
use kayle_primitives::Timestamp;
use kayle_sessions::SessionState;
use kayle_testkit::builders::key_ring;
use kayle_testkit::seed::Subscriber;
use kayle_testkit::sender::Answer;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};

use crate::world::{
    attempts, caller_of, claim, only_in_flight, prepare, session_with, settle, stored_delivery,
    subscriber_with, turn,
};

const REFUSED_URL: &str = "https://127.0.0.1/hook";

/// Stores a delivery that is due, for an endpoint of its own.
async fn scene() -> (TestWebhooks, Subscriber, Delivery) {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let delivery = kit.seed.delivery(&subscriber).await;
    (kit, subscriber, delivery)
}

/// Stores a delivery of a withdrawn session's event.
async fn withdrawn_scene(event_type: EventType, state: SessionState) -> (TestWebhooks, Delivery) {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let now = kit.webhooks.now();
    let session = session_with(&kit, &organization, |session| {
        session.state = state;
        session.withdrawn_at = Some(now);
    })
    .await;
    let event = kit.seed.make.event(&session, event_type);
    kit.seed.events(std::slice::from_ref(&event)).await;
    let new = kit
        .seed
        .make
        .delivery(&event, &subscriber.endpoint, &subscriber.key);
    kit.seed.deliveries(std::slice::from_ref(&new)).await;
    (kit, new.delivery)
}

/// Claims the only due delivery, and changes what the queue said of it.
async fn claimed_with(kit: &TestWebhooks, change: impl FnOnce(&mut Claimed)) -> Claim {
    let mut claim = claim(kit).await;
    assert_eq!(claim.deliveries.len(), 1);
    change(&mut claim.deliveries[0]);
    claim
}

fn endpoint_of(claimed: &mut Claimed) -> &mut ClaimedEndpoint {
    claimed.endpoint.as_mut().expect("the endpoint is there")
}

/// Makes everything wrong that comes after the endpoint's being there.
fn spoil_endpoint(claimed: &mut Claimed) {
    let disabled_at = Some(claimed.delivery.created_at);
    endpoint_of(claimed).endpoint.disabled_at = disabled_at;
    spoil_secret(claimed);
}

/// Makes everything wrong that comes after the endpoint's being enabled.
fn spoil_secret(claimed: &mut Claimed) {
    endpoint_of(claimed).signing_secret = None;
    spoil_url(claimed);
}

fn spoil_url(claimed: &mut Claimed) {
    endpoint_of(claimed).endpoint.url = EndpointUrl::from_stored(REFUSED_URL.to_owned());
}

/// Prepares a claim of which nothing may be sent, settles it, and returns the delivery.
async fn ended_unsent(kit: &TestWebhooks, claim: Claim, delivery: &Delivery) -> Delivery {
    let prepared = prepare(kit, claim).await;
    assert_eq!((prepared.to_send.len(), prepared.finished.len()), (0, 1));
    let lost = kit.webhooks.settle(&prepared.finished).await;
    assert_eq!(lost.expect("the queue answers"), 0);
    stored_delivery(kit, delivery).await
}

async fn outcomes(kit: &TestWebhooks, delivery: &Delivery) -> Vec<AttemptOutcome> {
    let attempts = attempts(kit, delivery).await;
    attempts.iter().map(|attempt| attempt.outcome).collect()
}

/// Saves a delivery behind the dispatcher's back.
async fn save(kit: &TestWebhooks, delivery: &Delivery) {
    let mut tx = kit.seed.begin().await;
    let saved = tx.save_deliveries(std::slice::from_ref(delivery)).await;
    saved.expect("it is stored");
    tx.commit().await.expect("the store is well");
}

#[tokio::test]
async fn what_passes_every_check_is_sent_signed_with_the_secret_of_the_endpoint() {
    let (kit, subscriber, delivery) = scene().await;
    let prepared = prepare(&kit, claim(&kit).await).await;
    let request = &prepared.to_send[0].request;
    assert_eq!(request.url.as_str(), subscriber.endpoint.url.as_submitted());
    assert_eq!(request.delivery_id, delivery.id);
    assert_eq!(request.event_type, EventType::SessionExpired);
    let (organization, endpoint) = (subscriber.organization.id, &subscriber.endpoint.id);
    let caller = caller_of(organization);
    let secret = kit.webhooks.reveal_signing_secret(&caller, endpoint);
    let secret = secret.await.unwrap();
    let body = request.jwe.as_str().as_bytes();
    let now = kit.webhooks.now();
    assert_eq!(
        verify_signature(secret.expose(), &request.signature, body, now),
        Ok(())
    );
}

#[tokio::test]
async fn a_signature_tells_the_time_that_receivers_compare_it_with() {
    const AHEAD_MS: i64 = 3_600_000;
    let (kit, _, _) = scene().await;
    kit.clock.set_wall_ahead_ms(AHEAD_MS);
    let prepared = prepare(&kit, claim(&kit).await).await;
    let signature = &prepared.to_send[0].request.signature;
    let told = (kit.webhooks.now().unix_ms() + AHEAD_MS) / 1_000;
    assert!(signature.contains(&format!("t={told}")), "{signature}");
}

#[tokio::test]
async fn every_attempt_sends_the_same_bytes_freshly_signed() {
    let (kit, subscriber, _) = scene().await;
    let url = subscriber.endpoint.url.as_submitted();
    let refuses = Answer::status(500);
    kit.sender.script(url, [refuses]);
    let first = turn(&kit).await.remove(0);
    kit.clock.advance(Duration::from_secs(5));
    let second = turn(&kit).await.remove(0);
    assert_eq!(second.jwe, first.jwe);
    assert_eq!(second.delivery_id, first.delivery_id);
    assert_ne!(second.signature, first.signature);
}

#[tokio::test]
async fn a_withdrawn_event_is_scrubbed_before_anything_else_is_looked_at() {
    let completed_at = Timestamp::from_unix_ms(0);
    let succeeded = SessionState::Succeeded { completed_at };
    let cancelled = SessionState::Cancelled { completed_at };
    for state in [succeeded, cancelled] {
        let (kit, delivery) = withdrawn_scene(EventType::SessionSucceeded, state).await;
        let claim = claimed_with(&kit, spoil_endpoint).await;
        let scrubbed = ended_unsent(&kit, claim, &delivery).await;
        assert_eq!(scrubbed.state, DeliveryState::Failed);
        let (at, reason) = (kit.webhooks.now(), ScrubReason::PrivacyRequest);
        assert_eq!(scrubbed.payload, Payload::Scrubbed { at, reason });
        assert_eq!((scrubbed.attempt_count, scrubbed.last_attempt), (0, None));
        assert_eq!(outcomes(&kit, &delivery).await, []);
    }
}

#[tokio::test]
async fn the_event_that_tells_of_a_cancellation_is_never_suppressed() {
    let completed_at = Timestamp::from_unix_ms(0);
    let cancelled = SessionState::Cancelled { completed_at };
    let (kit, delivery) = withdrawn_scene(EventType::SessionCancelled, cancelled).await;
    assert_eq!(turn(&kit).await.len(), 1);
    let delivered = stored_delivery(&kit, &delivery).await;
    assert_eq!(delivered.state, DeliveryState::Succeeded);
}

#[tokio::test]
async fn an_expiry_that_came_before_the_withdrawal_is_told() {
    let completed_at = Timestamp::from_unix_ms(0);
    let expired = SessionState::Expired { completed_at };
    let (kit, delivery) = withdrawn_scene(EventType::SessionExpired, expired).await;
    assert_eq!(turn(&kit).await.len(), 1);
    let delivered = stored_delivery(&kit, &delivery).await;
    assert_eq!(delivered.state, DeliveryState::Succeeded);
}

#[tokio::test]
async fn a_delivery_to_a_deleted_endpoint_is_given_up_without_an_attempt() {
    let (kit, _, delivery) = scene().await;
    let claim = claimed_with(&kit, |claimed| claimed.endpoint = None).await;
    let dropped = ended_unsent(&kit, claim, &delivery).await;
    assert_eq!(dropped.state, DeliveryState::Failed);
    let (at, reason) = (kit.webhooks.now(), ScrubReason::Expired);
    assert_eq!(dropped.payload, Payload::Scrubbed { at, reason });
    assert_eq!(outcomes(&kit, &delivery).await, []);
}

#[tokio::test]
async fn a_delivery_to_a_disabled_endpoint_is_held_before_its_secret_is_opened() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let now = kit.webhooks.now();
    let disabled = subscriber_with(&kit, &organization, |endpoint| {
        endpoint.disabled_at = Some(now);
    });
    let delivery = kit.seed.delivery(&disabled.await).await;
    let claim = claimed_with(&kit, spoil_secret).await;
    let held = ended_unsent(&kit, claim, &delivery).await;
    assert_eq!(held.state, DeliveryState::Held { due_at: now });
    assert_eq!((held.attempt_count, held.payload), (0, delivery.payload));
    assert_eq!(outcomes(&kit, &delivery).await, []);
    assert_eq!(turn(&kit).await.len(), 0);
}

#[tokio::test]
async fn a_secret_that_cannot_be_opened_is_a_failed_attempt_before_the_url_is_judged() {
    let spoiled: [fn(&TestWebhooks, &mut Claimed); 2] = [
        |_, claimed| endpoint_of(claimed).signing_secret = None,
        |kit, claimed| {
            let entropy = kit.seed.make.entropy();
            let sealed = key_ring().seal_signing_secret("whe_other", "whsec_test", entropy);
            endpoint_of(claimed).signing_secret = Some(sealed);
        },
    ];
    for spoil in spoiled {
        let (kit, _, delivery) = scene().await;
        let claim = claimed_with(&kit, |claimed| {
            spoil_url(claimed);
            spoil(&kit, claimed);
        });
        let failed = ended_unsent(&kit, claim.await, &delivery).await;
        let due_at = kit.webhooks.now().plus(Duration::from_secs(5));
        assert_eq!(failed.state, DeliveryState::Pending { due_at });
        assert_eq!(failed.attempt_count, 1);
        assert_eq!(failed.last_attempt.unwrap().status_code, None);
        let reason = FailureReason::SigningSecretUnavailable;
        assert_eq!(
            outcomes(&kit, &delivery).await,
            [AttemptOutcome::NoAnswer(reason)]
        );
    }
}

#[tokio::test]
async fn a_secret_under_a_key_that_is_missing_uses_up_no_attempt() {
    let elsewhere = KeyRing::new(&[9; 32], &[]).unwrap();
    let (kit, _, delivery) = scene().await;
    let claim = claimed_with(&kit, |claimed| {
        spoil_url(claimed);
        let claimed = endpoint_of(claimed);
        let (row_id, entropy) = (claimed.endpoint.id.as_str(), kit.seed.make.entropy());
        let sealed = elsewhere.seal_signing_secret(row_id, "whsec_test", entropy);
        claimed.signing_secret = Some(sealed);
    });
    let waiting = ended_unsent(&kit, claim.await, &delivery).await;
    let due_at = kit.webhooks.now().plus(FAULT_DELAY);
    assert_eq!(waiting.state, DeliveryState::Pending { due_at });
    assert_eq!(waiting.attempt_count, 0);
    assert_eq!(outcomes(&kit, &delivery).await, []);
}

#[tokio::test]
async fn a_url_that_the_policy_refuses_is_a_failed_attempt_with_400() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    for url in [REFUSED_URL, "http://hooks.customer.example/", "nonsense"] {
        let subscriber = subscriber_with(&kit, &organization, |endpoint| {
            endpoint.url = EndpointUrl::from_stored(url.to_owned());
        });
        let delivery = kit.seed.delivery(&subscriber.await).await;
        assert_eq!(turn(&kit).await.len(), 0, "{url}");
        let failed = stored_delivery(&kit, &delivery).await;
        assert_eq!(failed.attempt_count, 1, "{url}");
        assert_eq!(failed.last_attempt.unwrap().status_code, Some(400), "{url}");
        assert_eq!(
            outcomes(&kit, &delivery).await,
            [AttemptOutcome::UrlRejected]
        );
    }
}

#[tokio::test]
async fn one_delivery_that_fails_a_check_stops_no_other() {
    let (kit, _, good) = scene().await;
    let organization = kit.seed.organization().await;
    let refused = subscriber_with(&kit, &organization, |endpoint| {
        endpoint.url = EndpointUrl::from_stored(REFUSED_URL.to_owned());
    });
    kit.seed.delivery(&refused.await).await;
    let sent = turn(&kit).await;
    let ids: Vec<_> = sent.iter().map(|request| &request.delivery_id).collect();
    assert_eq!(ids, [&good.id]);
}

#[tokio::test]
async fn nothing_is_sent_once_a_withdrawal_has_taken_the_lease_away() {
    let (kit, _, delivery) = scene().await;
    let claim = claim(&kit).await;
    let delivering = stored_delivery(&kit, &delivery).await;
    let withdrawn = step(&delivering, Input::Withdrawn, kit.webhooks.now()).unwrap();
    save(&kit, &withdrawn.delivery).await;
    let prepared = prepare(&kit, claim).await;
    assert_eq!((prepared.to_send.len(), prepared.finished.len()), (0, 0));
    assert_eq!(stored_delivery(&kit, &delivery).await, withdrawn.delivery);
}

#[tokio::test]
async fn nothing_is_sent_while_the_store_cannot_say_whose_the_lease_is() {
    let (kit, _, delivery) = scene().await;
    let claim = claim(&kit).await;
    kit.store.fail_next(1);
    let released = ended_unsent(&kit, claim, &delivery).await;
    assert_eq!(
        (released.attempt_count, released.payload),
        (0, delivery.payload)
    );
    let due_at = kit.webhooks.now().plus(FAULT_DELAY);
    assert_eq!(released.state, DeliveryState::Pending { due_at });
}

#[tokio::test]
async fn nothing_is_sent_once_the_lease_has_been_taken_over() {
    let (kit, _, delivery) = scene().await;
    let late = claim(&kit).await;
    kit.clock.advance(Duration::from_mins(1));
    kit.webhooks.sweep().await.unwrap();
    let prepared = prepare(&kit, late).await;
    assert_eq!((prepared.to_send.len(), prepared.finished.len()), (0, 0));

    kit.clock.advance(Duration::from_secs(5));
    assert_eq!(turn(&kit).await.len(), 1);
    assert_eq!(attempts(&kit, &delivery).await.len(), 2);
}

#[tokio::test]
async fn the_result_of_a_request_that_was_under_way_at_a_withdrawal_is_thrown_away() {
    let (kit, _, delivery) = scene().await;
    let in_flight = only_in_flight(&kit).await;
    let delivering = stored_delivery(&kit, &delivery).await;
    let withdrawn = step(&delivering, Input::Withdrawn, kit.webhooks.now()).unwrap();
    save(&kit, &withdrawn.delivery).await;
    let accepted = AttemptOutcome::Accepted { status_code: 200 };
    let lost = settle(&kit, in_flight, Outcome::Attempted(accepted)).await;
    assert_eq!(lost, 1);
    assert_eq!(stored_delivery(&kit, &delivery).await, withdrawn.delivery);
    assert_eq!(outcomes(&kit, &delivery).await, []);
}
