use std::time::Duration;

use kayle_app::deliveries::DeliveryWithAttempts;
use kayle_app::ports::wakeup::Wakeup;
use kayle_delivery::{AttemptFailure, AttemptOutcome, Delivery, DeliveryStatus, FailureReason};
use kayle_testkit::seed::Subscriber;
use kayle_testkit::sender::Answer;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};

use super::*;
use crate::heartbeat::Heartbeat;

const LIMITS: SlotLimits = SlotLimits {
    total: 8,
    per_endpoint: 4,
    per_destination: 6,
};

struct House {
    doubles: TestWebhooks,
    dispatcher: Dispatcher,
}

impl House {
    fn new() -> Self {
        let doubles = test_webhooks();
        let (webhooks, sender) = (Arc::clone(&doubles.webhooks), Arc::clone(&doubles.sender));
        Self {
            dispatcher: Dispatcher::new(webhooks, sender, LIMITS),
            doubles,
        }
    }

    async fn tick(&mut self) -> Ticked {
        self.dispatcher.tick().await.unwrap()
    }

    async fn claim(&mut self) -> ClaimEnd {
        let never = CancellationToken::new();
        self.dispatcher.claim_and_start(&never).await.unwrap()
    }

    /// Returns a delivery that is due, and the URL that it goes to.
    async fn delivery(&self) -> (Delivery, String) {
        let seed = &self.doubles.seed;
        let organization = seed.organization().await;
        let subscriber = seed.subscriber(&organization).await;
        let url = subscriber.endpoint.url.as_submitted().to_owned();
        (seed.delivery(&subscriber).await, url)
    }

    async fn stored(&self, delivery: &Delivery) -> DeliveryWithAttempts {
        let Delivery {
            organization_id,
            id,
            ..
        } = delivery;
        self.doubles
            .webhooks
            .get_delivery(*organization_id, id)
            .await
            .unwrap()
            .unwrap()
    }

    async fn status(&self, delivery: &Delivery) -> DeliveryStatus {
        self.stored(delivery).await.delivery.status()
    }
}

#[tokio::test]
async fn a_due_delivery_is_sent_once_and_succeeds() {
    let mut house = House::new();
    let (delivery, _) = house.delivery().await;

    assert_eq!(
        house.tick().await,
        Ticked {
            claimed: 1,
            settled: 1
        }
    );
    assert_eq!(
        house.tick().await,
        Ticked::default(),
        "nothing is left to do"
    );

    assert_eq!(house.status(&delivery).await, DeliveryStatus::Succeeded);
    assert_eq!(house.doubles.sender.sent().len(), 1);
}

#[tokio::test]
async fn a_failing_endpoint_is_tried_along_the_schedule_until_it_takes_the_event() {
    let mut house = House::new();
    let (delivery, url) = house.delivery().await;
    let refused = [
        Answer::status(500),
        Answer::Outcome(AttemptOutcome::NoAnswer(FailureReason::Timeout)),
    ];
    house.doubles.sender.script(&url, refused);

    house.tick().await;
    house.doubles.clock.advance(Duration::from_secs(5));
    house.tick().await;
    house
        .doubles
        .clock
        .advance(Duration::from_mins(5) - Duration::from_millis(1));
    assert_eq!(
        house.tick().await.claimed,
        0,
        "the third attempt is not due yet"
    );
    house.doubles.clock.advance(Duration::from_millis(1));
    house.tick().await;

    let DeliveryWithAttempts {
        delivery, attempts, ..
    } = house.stored(&delivery).await;
    assert_eq!(delivery.status(), DeliveryStatus::Succeeded);
    let reasons: Vec<_> = attempts
        .iter()
        .map(|attempt| attempt.outcome.failure_reason().map(AttemptFailure::as_str))
        .collect();
    assert_eq!(reasons, [Some("http_status"), Some("timeout"), None]);
    let sent = house.doubles.sender.sent();
    assert!(
        sent.iter().all(|request| request.jwe == sent[0].jwe),
        "the same bytes every time"
    );
    assert_ne!(
        sent[0].signature, sent[1].signature,
        "signed anew every time"
    );
}

#[tokio::test]
async fn a_fault_of_our_own_is_no_attempt() {
    let mut house = House::new();
    let (delivery, url) = house.delivery().await;
    house.doubles.sender.script(&url, [Answer::Fault]);

    house.tick().await;
    let DeliveryWithAttempts {
        delivery: waiting,
        attempts,
        ..
    } = house.stored(&delivery).await;
    assert_eq!(
        (waiting.status(), waiting.attempt_count),
        (DeliveryStatus::Pending, 0)
    );
    assert_eq!(attempts, []);

    house.doubles.clock.advance(Duration::from_secs(5));
    house.tick().await;
    assert_eq!(house.status(&delivery).await, DeliveryStatus::Succeeded);
}

#[tokio::test]
async fn results_that_the_store_did_not_take_are_settled_later() {
    let mut house = House::new();
    let (delivery, _) = house.delivery().await;
    let claimed = house.claim().await;
    assert_eq!(claimed, ClaimEnd::AllDue(1));
    house.dispatcher.wait_for_all().await;

    house.doubles.store.fail_next(1);
    assert!(house.dispatcher.settle().await.is_err());
    assert_eq!(house.status(&delivery).await, DeliveryStatus::Delivering);

    assert_eq!(house.dispatcher.settle().await.unwrap(), 1);
    assert_eq!(house.status(&delivery).await, DeliveryStatus::Succeeded);
    assert_eq!(
        house.doubles.sender.sent().len(),
        1,
        "nothing was sent twice"
    );
}

#[tokio::test]
async fn a_result_that_comes_after_its_lease_is_discarded() {
    let mut house = House::new();
    let (delivery, _) = house.delivery().await;
    house.claim().await;
    house.dispatcher.wait_for_all().await;

    house.doubles.clock.advance(Duration::from_mins(1));
    house.doubles.webhooks.sweep().await.unwrap();
    house.dispatcher.settle().await.unwrap();

    let DeliveryWithAttempts {
        delivery, attempts, ..
    } = house.stored(&delivery).await;
    assert_eq!(delivery.status(), DeliveryStatus::Pending);
    assert_eq!(attempts.len(), 1);
    assert_eq!(
        attempts[0]
            .outcome
            .failure_reason()
            .map(AttemptFailure::as_str),
        Some("lease_expired")
    );
}

#[tokio::test]
async fn what_is_claimed_while_stopping_is_released_unsent() {
    let mut house = House::new();
    let (delivery, _) = house.delivery().await;
    let stop = CancellationToken::new();
    stop.cancel();

    house.dispatcher.claim_and_start(&stop).await.unwrap();
    house.dispatcher.settle().await.unwrap();

    let released = house.stored(&delivery).await;
    assert_eq!(released.delivery.status(), DeliveryStatus::Pending);
    assert_eq!(released.attempts, []);
    assert!(house.doubles.sender.sent().is_empty());
    assert_eq!(house.tick().await.settled, 1, "it is due at once");
}

#[tokio::test]
async fn what_a_dead_dispatcher_held_is_taken_over_by_one_of_many() {
    let mut house = House::new();
    let (delivery, _) = house.delivery().await;
    house.claim().await;
    house.dispatcher.wait_for_all().await;
    let webhooks = Arc::clone(&house.doubles.webhooks);
    assert_eq!(webhooks.take_over_expired_leases().await.unwrap(), 0);

    house.doubles.clock.advance(Duration::from_mins(1));
    assert_eq!(webhooks.take_over_expired_leases().await.unwrap(), 1);
    assert_eq!(webhooks.take_over_expired_leases().await.unwrap(), 0);

    let taken_over = house.stored(&delivery).await;
    assert_eq!(taken_over.delivery.status(), DeliveryStatus::Pending);
    assert_eq!(taken_over.attempts.len(), 1);
}

#[tokio::test]
async fn one_slow_endpoint_leaves_room_for_others() {
    let mut house = House::new();
    let seed = &house.doubles.seed;
    let organization = seed.organization().await;
    let slow = seed.subscriber(&organization).await;
    for _ in 0..10 {
        seed.delivery(&slow).await;
    }
    let accepted = Answer::Held(AttemptOutcome::Accepted { status_code: 204 });
    house
        .doubles
        .sender
        .afterwards(slow.endpoint.url.as_submitted(), accepted);

    let claimed = house.claim().await;
    assert_eq!(claimed, ClaimEnd::NoRoom(LIMITS.per_endpoint));
    let other = seed_other(&house).await;
    let claimed = house.claim().await;
    assert_eq!(
        claimed.count(),
        1,
        "the slow endpoint's backlog is passed over"
    );
    while house.status(&other).await != DeliveryStatus::Succeeded {
        let finished = house.dispatcher.requests.next().await;
        house.dispatcher.unsettled.extend(finished);
        house.dispatcher.settle().await.unwrap();
    }
}

#[tokio::test]
async fn what_ends_during_a_claim_is_settled_with_it() {
    let mut house = House::new();
    let seed = &house.doubles.seed;
    let organization = seed.organization().await;
    let subscriber = seed.subscriber(&organization).await;
    seed.backlog(&subscriber, 10).await;

    let claimed = house.claim().await;
    assert_eq!(claimed, ClaimEnd::NoRoom(LIMITS.per_endpoint));
    // Every request ends before the loop looks, so that none is left to wait for.
    tokio::task::yield_now().await;
    let settled = house.dispatcher.settle().await.unwrap();
    assert!(house.dispatcher.requests.is_empty());
    assert_eq!(settled, LIMITS.per_endpoint);
}

async fn seed_other(house: &House) -> Delivery {
    let other = subscriber_at(house, "https://quick.example/").await;
    house.doubles.seed.delivery(&other).await
}

async fn subscriber_at(house: &House, url: &str) -> Subscriber {
    let seed = &house.doubles.seed;
    let organization = seed.organization().await;
    seed.subscriber_at(&organization, url).await
}

#[tokio::test]
async fn one_slow_destination_leaves_room_for_others() {
    let mut house = House::new();
    for path in ["a", "b", "c"] {
        let slow = subscriber_at(&house, &format!("https://slow.example/{path}")).await;
        house.doubles.seed.backlog(&slow, 3).await;
        let accepted = Answer::Held(AttemptOutcome::Accepted { status_code: 204 });
        let url = slow.endpoint.url.as_submitted();
        house.doubles.sender.afterwards(url, accepted);
    }
    let claimed = house.claim().await;
    assert_eq!(claimed, ClaimEnd::NoRoom(LIMITS.per_destination));
    let other = seed_other(&house).await;
    assert_eq!(house.claim().await, ClaimEnd::NoRoom(1));
    let finished = house.dispatcher.requests.next().await;
    house.dispatcher.unsettled.extend(finished);
    house.dispatcher.settle().await.unwrap();
    assert_eq!(house.status(&other).await, DeliveryStatus::Succeeded);
    assert_eq!(house.claim().await, ClaimEnd::NoRoom(0));
}

#[tokio::test]
async fn a_dispatcher_that_works_off_a_backlog_shows_that_it_is_alive() {
    let house = House::new();
    // Refused before it is sent: every claim ends at once, and the loop has nothing to wait for.
    let refused = subscriber_at(&house, "https://10.0.0.1/").await;
    let claims = 5;
    let per_claim = LIMITS.per_endpoint;
    house
        .doubles
        .seed
        .backlog(&refused, claims * per_claim)
        .await;
    let House {
        doubles,
        mut dispatcher,
    } = house;

    let (heartbeat, stop) = (Heartbeat::default(), CancellationToken::new());
    let until_idle = async {
        while !heartbeat.is_alive() || doubles.meter.count("settled") < claims * per_claim {
            tokio::task::yield_now().await;
        }
        stop.cancel();
    };
    let wakeup = Wakeup::default();
    tokio::join!(
        dispatcher.turn_until(&stop, &wakeup, &heartbeat),
        until_idle
    );

    let looks = doubles.meter.count("look poll");
    assert!(claims <= looks, "{looks} looks");
    assert_eq!(doubles.meter.count("loop dispatch"), looks);
}

#[tokio::test]
async fn what_becomes_of_deliveries_is_counted() {
    let mut house = House::new();
    let (_, good) = house.delivery().await;
    let (_, bad) = house.delivery().await;
    house.doubles.sender.script(&good, [Answer::status(200)]);
    house.doubles.sender.script(&bad, [Answer::status(500)]);
    house.doubles.clock.advance(Duration::from_secs(7));

    house.tick().await;

    let meter = &house.doubles.meter;
    assert_eq!(meter.count("settled"), 2);
    assert_eq!(meter.count("ended delivered"), 1);
    assert_eq!(meter.count("ended exhausted"), 0);
    assert_eq!(meter.count("batched claim"), 2);
    let lags: Vec<Duration> = meter.began().iter().map(|began| began.lag).collect();
    assert_eq!(lags, [Duration::from_secs(7); 2]);
}

#[tokio::test]
async fn what_waited_for_a_full_endpoint_is_told_from_what_waited_for_the_service() {
    let mut house = House::new();
    let seed = &house.doubles.seed;
    let organization = seed.organization().await;
    let subscriber = seed.subscriber(&organization).await;
    let at_once = LIMITS.per_endpoint;
    for _ in 0..=at_once {
        seed.delivery(&subscriber).await;
    }

    house.tick().await;
    house.tick().await;

    let meter = &house.doubles.meter;
    assert_eq!(meter.count("began service"), at_once);
    assert_eq!(meter.count("began endpoint"), 1);
}
