//! What happens by age.

use std::time::Duration;

use kayle_app::limits::SWEEP_BATCH_MAX;
use kayle_app::retention::Swept;
use kayle_delivery::{
    AttemptOutcome, Delivery, DeliveryState, FailureReason, Payload, ScrubReason, StoredReason,
};
use kayle_endpoints::{Retention, RetryScheduleName};
use kayle_events::EventType;
use kayle_sessions::SessionStatus;
use kayle_testkit::seed::Subscriber;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};

use crate::world::{
    attempts, claim, event_types, session, stored_delivery, stored_session, subscriber_with, turn,
    was_woken,
};

/// The lease of every claim.
const LEASE: Duration = Duration::from_mins(1);

async fn sweep(kit: &TestWebhooks) -> Swept {
    kit.webhooks.sweep().await.expect("the store is well")
}

async fn scene() -> (TestWebhooks, Subscriber, Delivery) {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let delivery = kit.seed.delivery(&subscriber).await;
    (kit, subscriber, delivery)
}

#[tokio::test]
async fn a_sweep_that_finds_nothing_changes_nothing() {
    let (kit, _, delivery) = scene().await;
    assert_eq!(sweep(&kit).await, Swept::default());
    assert_eq!(stored_delivery(&kit, &delivery).await, delivery);
    assert!(!was_woken(&kit));
}

#[tokio::test]
async fn while_the_clocks_disagree_leases_end_and_nothing_is_erased() {
    let (kit, subscriber, delivery) = scene().await;
    claim(&kit).await;
    let waiting = kit.seed.delivery(&subscriber).await;
    let expires_at = waiting.payload.expires_at().expect("it is stored");
    kit.clock.set(expires_at);
    kit.clock.set_doubted(true);
    let swept = sweep(&kit).await;
    assert_eq!((swept.leases, swept.payloads), (1, 0));
    assert_eq!(stored_delivery(&kit, &waiting).await, waiting);
    assert_eq!(stored_delivery(&kit, &delivery).await.attempt_count, 1);

    kit.clock.set_doubted(false);
    assert_eq!(sweep(&kit).await.payloads, 2);
}

#[tokio::test]
async fn a_lost_lease_is_a_failed_attempt_and_the_schedule_goes_on() {
    let (kit, _, delivery) = scene().await;
    let claimed_at = kit.webhooks.now();
    claim(&kit).await;
    kit.clock
        .set(claimed_at.plus(LEASE).minus(Duration::from_millis(1)));
    assert_eq!(sweep(&kit).await.leases, 0, "the lease still holds");

    kit.clock.set(claimed_at.plus(LEASE));
    assert_eq!(
        sweep(&kit).await,
        Swept {
            leases: 1,
            ..Swept::default()
        }
    );
    assert!(was_woken(&kit));
    let waiting = stored_delivery(&kit, &delivery).await;
    let due_at = kit.webhooks.now().plus(Duration::from_secs(5));
    assert_eq!(waiting.state, DeliveryState::Pending { due_at });
    assert_eq!(waiting.attempt_count, 1);
    let attempts = attempts(&kit, &delivery).await;
    assert_eq!(attempts.len(), 1);
    let lost = AttemptOutcome::NoAnswer(FailureReason::LeaseExpired);
    assert_eq!(
        (attempts[0].outcome, attempts[0].attempted_at),
        (lost, claimed_at)
    );
    kit.clock.set(due_at);
    assert_eq!(turn(&kit).await.len(), 1);
}

#[tokio::test]
async fn a_lease_that_is_lost_at_the_last_attempt_exhausts_the_delivery() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = subscriber_with(&kit, &organization, |endpoint| {
        endpoint.retry_schedule = RetryScheduleName::Short;
        endpoint.retention = Retention::OneDay;
    });
    let delivery = kit.seed.delivery(&subscriber.await).await;
    for _ in 0..3 {
        assert_eq!(claim(&kit).await.deliveries.len(), 1);
        kit.clock.advance(LEASE);
        assert_eq!(sweep(&kit).await.leases, 1);
        if let Some(due_at) = kit.webhooks.next_delivery_due_at().await.unwrap() {
            kit.clock.set(due_at);
        }
    }
    let failed = stored_delivery(&kit, &delivery).await;
    let kept = Payload::Stored {
        expires_at: kit.webhooks.now().plus(Duration::from_hours(24)),
        reason: StoredReason::TerminalFailureRetention,
    };
    assert_eq!(
        (failed.state, failed.payload),
        (DeliveryState::Failed, kept)
    );
}

#[tokio::test]
async fn a_payload_is_scrubbed_when_its_retention_is_over() {
    let (kit, subscriber, delivery) = scene().await;
    let expires_at = delivery.payload.expires_at().unwrap();
    kit.clock.set(expires_at.minus(Duration::from_millis(1)));
    let younger = kit.seed.delivery(&subscriber).await;
    assert_eq!(sweep(&kit).await.payloads, 0);
    kit.clock.set(expires_at);
    assert_eq!(sweep(&kit).await.payloads, 1);
    let scrubbed = stored_delivery(&kit, &delivery).await;
    assert_eq!(scrubbed.state, DeliveryState::Failed);
    let reason = ScrubReason::Expired;
    assert_eq!(
        scrubbed.payload,
        Payload::Scrubbed {
            at: expires_at,
            reason
        }
    );
    assert_eq!(stored_delivery(&kit, &younger).await, younger);
    assert_eq!(sweep(&kit).await.payloads, 0, "it is done once");
}

#[tokio::test]
async fn a_held_delivery_fails_when_its_payload_expires() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let now = kit.webhooks.now();
    let disabled = subscriber_with(&kit, &organization, |endpoint| {
        endpoint.disabled_at = Some(now);
    });
    let delivery = kit.seed.delivery(&disabled.await).await;
    turn(&kit).await;
    kit.clock.set(delivery.payload.expires_at().unwrap());
    assert_eq!(sweep(&kit).await.payloads, 1);
    let failed = stored_delivery(&kit, &delivery).await;
    assert_eq!(failed.state, DeliveryState::Failed);
    assert_eq!(attempts(&kit, &delivery).await, []);
}

#[tokio::test]
async fn every_overdue_session_expires() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let stranger = kit.seed.organization().await;
    let created = session(&kit, &organization).await;
    let begun = session(&kit, &organization).await;
    kit.webhooks.begin_session(&begun.id).await.unwrap();
    let foreign = session(&kit, &stranger).await;
    kit.clock.advance(Duration::from_secs(1));
    let younger = session(&kit, &organization).await;
    kit.clock.set(created.expires_at);
    assert_eq!(
        sweep(&kit).await,
        Swept {
            sessions: 3,
            ..Swept::default()
        }
    );
    for session in [&created, &begun, &foreign] {
        let expired = stored_session(&kit, session).await;
        assert_eq!(expired.state.status(), SessionStatus::Expired);
    }
    assert_eq!(stored_session(&kit, &younger).await, younger);
    let told = event_types(&kit, organization.id).await;
    assert_eq!(told, [EventType::SessionExpired; 2]);
}

#[tokio::test]
async fn a_sweep_goes_on_until_nothing_is_due() {
    let (kit, subscriber, first) = scene().await;
    let mut rest = Vec::new();
    for _ in 0..SWEEP_BATCH_MAX {
        let event = kit.seed.make.event(
            &kit.seed.make.session(&subscriber.organization),
            EventType::SessionExpired,
        );
        let new = kit
            .seed
            .make
            .delivery(&event, &subscriber.endpoint, &subscriber.key);
        rest.push(new);
    }
    kit.seed.deliveries(&rest).await;
    kit.clock.set(first.payload.expires_at().unwrap());
    // The first delivery's session is overdue as well.
    let swept = sweep(&kit).await;
    assert_eq!(swept.payloads, SWEEP_BATCH_MAX + 1);
    assert_eq!(sweep(&kit).await, Swept::default());
}

#[tokio::test]
async fn a_part_of_a_sweep_that_fails_keeps_no_other_waiting_and_is_made_up_for() {
    let (kit, subscriber, _) = scene().await;
    claim(&kit).await;
    let overdue = session(&kit, &subscriber.organization).await;
    kit.clock.advance(Duration::from_hours(1));
    kit.store.fail_next(1);
    assert!(
        kit.webhooks.sweep().await.is_err(),
        "the leases are looked at first"
    );
    let expired = stored_session(&kit, &overdue).await;
    assert_eq!(expired.state.status(), SessionStatus::Expired);
    assert_eq!(sweep(&kit).await.leases, 1);
}
