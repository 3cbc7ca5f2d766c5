//! How claims end.

use std::time::Duration;

use kayle_app::dispatch::Outcome;
use kayle_app::ports::sender::Sent;
use kayle_delivery::{
    AttemptOutcome, Delivery, DeliveryState, FailureReason, Payload, RetryAfter, ScrubReason,
    StoredReason,
};
use kayle_endpoints::{Retention, RetryScheduleName};
use kayle_primitives::Timestamp;
use kayle_testkit::seed::Subscriber;
use kayle_testkit::sender::Answer;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};

use crate::world::{
    attempts, claim, only_in_flight, prepare, settle, stored_delivery, subscriber_with, turn,
};

const REFUSED: Outcome = Outcome::Attempted(AttemptOutcome::Refused { status_code: 500 });
const ACCEPTED: Outcome = Outcome::Attempted(AttemptOutcome::Accepted { status_code: 200 });

/// Stores a delivery on the short schedule, with the given retention.
async fn short(retention: Retention) -> (TestWebhooks, Subscriber, Delivery) {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = subscriber_with(&kit, &organization, |endpoint| {
        endpoint.retry_schedule = RetryScheduleName::Short;
        endpoint.retention = retention;
    });
    let subscriber = subscriber.await;
    let delivery = kit.seed.delivery(&subscriber).await;
    (kit, subscriber, delivery)
}

/// Waits until the delivery is due.
fn wait_for(kit: &TestWebhooks, delivery: &Delivery) -> Timestamp {
    match delivery.state {
        DeliveryState::Pending { due_at } => kit.clock.set(due_at),
        DeliveryState::Held { .. }
        | DeliveryState::Delivering { .. }
        | DeliveryState::Succeeded
        | DeliveryState::Failed => panic!("a {} delivery is not due", delivery.status().as_str()),
    }
    kit.webhooks.now()
}

/// Lets attempts fail, each after as long as it takes, until the delivery is no longer pending.
async fn exhaust(kit: &TestWebhooks, delivery: &Delivery, takes: Duration) -> Delivery {
    loop {
        let in_flight = only_in_flight(kit).await;
        kit.clock.advance(takes);
        assert_eq!(settle(kit, in_flight, REFUSED).await, 0);
        let after = stored_delivery(kit, delivery).await;
        if after.state == DeliveryState::Failed {
            return after;
        }
        wait_for(kit, &after);
    }
}

#[tokio::test]
async fn a_delivered_payload_is_scrubbed_at_once() {
    let (kit, _, delivery) = short(Retention::SevenDays).await;
    let started_at = kit.webhooks.now();
    let in_flight = only_in_flight(&kit).await;
    kit.clock.advance(Duration::from_millis(250));
    assert_eq!(settle(&kit, in_flight, ACCEPTED).await, 0);
    let delivered = stored_delivery(&kit, &delivery).await;
    assert_eq!(delivered.state, DeliveryState::Succeeded);
    let reason = ScrubReason::Delivered;
    let scrubbed = Payload::Scrubbed {
        at: started_at,
        reason,
    };
    assert_eq!(delivered.payload, scrubbed);
    let attempts = attempts(&kit, &delivery).await;
    assert_eq!(attempts.len(), 1);
    assert_eq!(attempts[0].attempted_at, started_at);
    assert_eq!(attempts[0].duration, Duration::from_millis(250));
}

#[tokio::test]
async fn a_failed_attempt_is_followed_by_the_next_one_of_the_schedule() {
    let (kit, subscriber, delivery) = short(Retention::OneDay).await;
    let url = subscriber.endpoint.url.as_submitted();
    let timeout = Answer::Outcome(AttemptOutcome::NoAnswer(FailureReason::Timeout));
    kit.sender.script(url, [Answer::status(301), timeout]);
    for (attempt_count, delay_s, status_code) in [(1, 60, Some(301)), (2, 120, None)] {
        assert_eq!(turn(&kit).await.len(), 1);
        let due_at = kit.webhooks.now().plus(Duration::from_secs(delay_s));
        let waiting = stored_delivery(&kit, &delivery).await;
        assert_eq!(waiting.state, DeliveryState::Pending { due_at });
        assert_eq!(waiting.attempt_count, attempt_count);
        assert_eq!(waiting.last_attempt.unwrap().status_code, status_code);
        kit.clock.set(due_at.minus(Duration::from_millis(1)));
        assert_eq!(turn(&kit).await.len(), 0, "it is not due yet");
        kit.clock.set(due_at);
    }
    assert_eq!(turn(&kit).await.len(), 1);
    let delivered = stored_delivery(&kit, &delivery).await;
    assert_eq!(delivered.state, DeliveryState::Succeeded);
    assert_eq!(attempts(&kit, &delivery).await.len(), 3);
}

#[tokio::test]
async fn an_endpoint_that_names_a_time_is_not_asked_before_it_by_its_own_clock() {
    let (kit, _, delivery) = short(Retention::OneDay).await;
    let now = kit.webhooks.now();
    kit.clock.set_wall_ahead_ms(600_000);
    let date = now.plus(Duration::from_secs(600 + 90));
    let busy = Sent {
        retry_after: Some(RetryAfter::Date(date)),
        ..AttemptOutcome::Refused { status_code: 503 }.into()
    };
    let in_flight = only_in_flight(&kit).await;
    let finished = kit.webhooks.finish_sent(in_flight, busy);
    assert_eq!(kit.webhooks.settle(&[finished]).await.unwrap(), 0);
    let waiting = stored_delivery(&kit, &delivery).await;
    let due_at = now.plus(Duration::from_secs(90));
    assert_eq!(waiting.state, DeliveryState::Pending { due_at });
}

#[tokio::test]
async fn an_exhausted_delivery_keeps_its_payload_for_as_long_as_its_endpoint_says() {
    for retention in [
        Retention::OneDay,
        Retention::ThreeDays,
        Retention::SevenDays,
    ] {
        let (kit, _, delivery) = short(retention).await;
        let failed = exhaust(&kit, &delivery, Duration::ZERO).await;
        let kept = Payload::Stored {
            expires_at: kit.webhooks.now().plus(retention.duration()),
            reason: StoredReason::TerminalFailureRetention,
        };
        assert_eq!((failed.attempt_count, failed.payload), (3, kept));
    }
    let (kit, _, delivery) = short(Retention::None).await;
    let failed = exhaust(&kit, &delivery, Duration::ZERO).await;
    let (at, reason) = (kit.webhooks.now(), ScrubReason::Expired);
    assert_eq!(failed.payload, Payload::Scrubbed { at, reason });
}

#[tokio::test]
async fn the_retention_counts_as_it_is_at_exhaustion() {
    let (kit, subscriber, delivery) = short(Retention::OneDay).await;
    for _ in 0..2 {
        let in_flight = only_in_flight(&kit).await;
        settle(&kit, in_flight, REFUSED).await;
        wait_for(&kit, &stored_delivery(&kit, &delivery).await);
    }
    let mut outdated = claim(&kit).await;
    let endpoint = outdated.deliveries[0].endpoint.as_mut().unwrap();
    assert_eq!(endpoint.endpoint.id, subscriber.endpoint.id);
    endpoint.endpoint.retention = Retention::None;
    let ready = prepare(&kit, outdated).await.to_send.remove(0);
    assert_eq!(settle(&kit, ready.in_flight, REFUSED).await, 0);
    let kept = Payload::Stored {
        expires_at: kit.webhooks.now().plus(Duration::from_hours(24)),
        reason: StoredReason::TerminalFailureRetention,
    };
    assert_eq!(stored_delivery(&kit, &delivery).await.payload, kept);
}

#[tokio::test]
async fn a_delivery_whose_endpoint_went_away_in_flight_is_kept_for_seven_days() {
    let (kit, subscriber, _) = short(Retention::OneDay).await;
    claim(&kit).await;
    let mut gone = kit.seed.make.endpoint(&subscriber.organization);
    gone.retry_schedule = RetryScheduleName::Short;
    let event = kit.seed.event(&subscriber.organization).await;
    let new = kit.seed.make.delivery(&event, &gone, &subscriber.key);
    kit.seed.deliveries(std::slice::from_ref(&new)).await;
    for _ in 0..3 {
        let mut claim = claim(&kit).await;
        let secret = Some(kit.seed.make.sealed_secret(&gone));
        claim.deliveries[0].endpoint = Some(kayle_app::ports::queue::ClaimedEndpoint {
            endpoint: gone.clone(),
            signing_secret: secret,
        });
        let ready = prepare(&kit, claim).await.to_send.remove(0);
        settle(&kit, ready.in_flight, REFUSED).await;
        kit.clock.advance(Duration::from_mins(2));
    }
    let failed = stored_delivery(&kit, &new.delivery).await;
    let failed_at = failed.updated_at;
    let kept = Payload::Stored {
        expires_at: failed_at.plus(Duration::from_hours(168)),
        reason: StoredReason::TerminalFailureRetention,
    };
    assert_eq!(
        (failed.state, failed.payload),
        (DeliveryState::Failed, kept)
    );
}

#[tokio::test]
async fn without_retention_slow_attempts_do_not_cost_the_last_ones() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = subscriber_with(&kit, &organization, |endpoint| {
        endpoint.retention = Retention::None;
    });
    let delivery = kit.seed.delivery(&subscriber.await).await;
    let failed = exhaust(&kit, &delivery, Duration::from_mins(1)).await;
    assert_eq!(failed.attempt_count, 8);
    assert_eq!(attempts(&kit, &delivery).await.len(), 8);
}

#[tokio::test]
async fn a_fault_of_our_own_is_no_attempt() {
    let (kit, subscriber, delivery) = short(Retention::OneDay).await;
    kit.sender
        .script(subscriber.endpoint.url.as_submitted(), [Answer::Fault]);
    assert_eq!(turn(&kit).await.len(), 1);
    let released = stored_delivery(&kit, &delivery).await;
    let due_at = kit.webhooks.now().plus(Duration::from_secs(5));
    assert_eq!(released.state, DeliveryState::Pending { due_at });
    assert_eq!((released.attempt_count, released.last_attempt), (0, None));
    assert_eq!(attempts(&kit, &delivery).await, []);
}

#[tokio::test]
async fn a_delivery_that_a_stopping_dispatcher_gives_back_is_due_at_once() {
    let (kit, _, delivery) = short(Retention::OneDay).await;
    let in_flight = only_in_flight(&kit).await;
    settle(&kit, in_flight, Outcome::Untried).await;
    let released = stored_delivery(&kit, &delivery).await;
    let due_at = kit.webhooks.now();
    assert_eq!(released.state, DeliveryState::Pending { due_at });
    assert_eq!(turn(&kit).await.len(), 1);
}

#[tokio::test]
async fn after_an_error_the_same_ends_are_written_when_they_are_tried_again() {
    let (kit, _, delivery) = short(Retention::OneDay).await;
    let in_flight = only_in_flight(&kit).await;
    let finished = [kit.webhooks.finish(in_flight, ACCEPTED)];
    let before = stored_delivery(&kit, &delivery).await;
    kit.store.fail_next(1);
    assert!(kit.webhooks.settle(&finished).await.is_err());
    assert_eq!(stored_delivery(&kit, &delivery).await, before);
    assert_eq!(kit.webhooks.settle(&finished).await.unwrap(), 0);
    assert_eq!(kit.webhooks.settle(&finished).await.unwrap(), 1);
    assert_eq!(attempts(&kit, &delivery).await.len(), 1);
}

#[tokio::test]
async fn an_exhausted_delivery_whose_endpoint_cannot_be_read_is_settled_later() {
    let (kit, _, delivery) = short(Retention::SevenDays).await;
    for _ in 0..2 {
        let in_flight = only_in_flight(&kit).await;
        settle(&kit, in_flight, REFUSED).await;
        wait_for(&kit, &stored_delivery(&kit, &delivery).await);
    }
    let in_flight = only_in_flight(&kit).await;
    let finished = [kit.webhooks.finish(in_flight, REFUSED)];
    kit.store.fail_next(1);
    assert!(kit.webhooks.settle(&finished).await.is_err());
    assert_eq!(kit.webhooks.settle(&finished).await.unwrap(), 0);
    let kept = stored_delivery(&kit, &delivery).await.payload;
    let expires_at = kit.webhooks.now().plus(Duration::from_hours(168));
    assert_eq!(kept.expires_at(), Some(expires_at));
}

#[tokio::test]
async fn a_late_result_does_not_end_the_claim_that_came_after() {
    let (kit, _, delivery) = short(Retention::OneDay).await;
    let late = only_in_flight(&kit).await;
    kit.clock.advance(Duration::from_mins(1));
    kit.webhooks.sweep().await.unwrap();
    kit.clock.advance(Duration::from_mins(1));
    let second = only_in_flight(&kit).await;
    let delivering = stored_delivery(&kit, &delivery).await;
    assert_eq!(settle(&kit, late, ACCEPTED).await, 1);
    assert_eq!(stored_delivery(&kit, &delivery).await, delivering);
    assert_eq!(settle(&kit, second, REFUSED).await, 0);
    assert_eq!(stored_delivery(&kit, &delivery).await.attempt_count, 2);
}

#[tokio::test]
async fn nothing_to_settle_asks_the_store_for_nothing() {
    let kit = test_webhooks();
    kit.store.fail_next(1);
    assert_eq!(kit.webhooks.settle(&[]).await.unwrap(), 0);
}
