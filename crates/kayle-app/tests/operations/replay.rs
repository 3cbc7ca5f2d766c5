//! A person asks for an event again: the table of contract 3.5, V3.

use std::time::Duration;

use kayle_app::events::ReplayEventError;
use kayle_delivery::{Delivery, DeliveryState, Input, Lease, LeaseHolder, Step, step};
use kayle_events::Event;
use kayle_primitives::{EventId, Organization};
use kayle_testkit::sender::Answer;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};

use crate::world::{caller_of, everything, sorted, turn, was_woken};

/// What a delivery of the event is like before the replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Before {
    Pending,
    Delivering,
    Gone,
    Expired,
}

/// Stores an event with one delivery for each of `befores`.
async fn scene(kit: &TestWebhooks, befores: &[Before]) -> (Organization, Event, Vec<Delivery>) {
    let organization = kit.seed.organization().await;
    let event = kit.seed.event(&organization).await;
    let mut stored = Vec::new();
    for before in befores {
        let subscriber = kit.seed.subscriber(&organization).await;
        let mut new = kit
            .seed
            .make
            .delivery(&event, &subscriber.endpoint, &subscriber.key);
        new.delivery = moved(kit, new.delivery, *before);
        if *before == Before::Gone {
            new.jwe = None;
        }
        stored.push(new);
    }
    kit.seed.deliveries(&stored).await;
    let deliveries = stored.into_iter().map(|new| new.delivery).collect();
    (organization, event, deliveries)
}

fn moved(kit: &TestWebhooks, delivery: Delivery, before: Before) -> Delivery {
    let now = kit.webhooks.now();
    let input = match before {
        Before::Pending => return delivery,
        Before::Expired => return expired(delivery, kit),
        Before::Delivering => Input::Claimed {
            lease: Lease {
                holder: LeaseHolder("another dispatcher".to_owned()),
                until: now.plus(Duration::from_mins(1)),
            },
        },
        Before::Gone => Input::Withdrawn,
    };
    let Step { delivery, .. } = step(&delivery, input, now).expect("a pending one takes it");
    delivery
}

/// Returns the delivery with a payload that the next sweep will scrub.
fn expired(mut delivery: Delivery, kit: &TestWebhooks) -> Delivery {
    match &mut delivery.payload {
        kayle_delivery::Payload::Stored { expires_at, .. } => *expires_at = kit.webhooks.now(),
        kayle_delivery::Payload::Scrubbed { .. } => panic!("it is stored"),
    }
    delivery
}

#[tokio::test]
async fn what_can_be_requeued_is_and_the_rest_is_skipped() {
    use Before::{Delivering, Expired, Gone, Pending};
    let kit = test_webhooks();
    let befores = [Pending, Delivering, Gone, Expired, Pending];
    let (organization, event, deliveries) = scene(&kit, &befores).await;
    kit.clock.advance(Duration::from_secs(1));
    let replayed = kit
        .webhooks
        .replay_event(&caller_of(organization.id), &event.id)
        .await;
    let replayed = replayed.unwrap();
    assert!(was_woken(&kit));

    let stored = kit.webhooks.get_event(organization.id, &event.id).await;
    assert_eq!(stored.unwrap(), Some(replayed.clone()));
    let due_at = kit.webhooks.now();
    for (before, was) in befores.iter().zip(&deliveries) {
        let is = replayed
            .deliveries
            .iter()
            .find(|it| it.id == was.id)
            .unwrap();
        if *before == Pending {
            assert_eq!(is.state, DeliveryState::Pending { due_at });
        } else {
            assert_eq!(is, was, "{before:?}");
        }
    }
}

#[tokio::test]
async fn a_replay_sends_the_same_bytes_to_each_endpoint() {
    let kit = test_webhooks();
    let (organization, event, deliveries) = scene(&kit, &[Before::Pending; 2]).await;
    let endpoints = deliveries.iter().map(|it| it.endpoint_id.clone());
    for id in endpoints {
        let url = format!("https://hooks.customer.example/{id}");
        let refuses = Answer::status(500);
        kit.sender.script(&url, [refuses]);
    }
    let bytes = |sent: Vec<kayle_app::ports::sender::SendRequest>| {
        let mut bytes: Vec<String> = sent.into_iter().map(|it| it.jwe.into_string()).collect();
        bytes.sort();
        bytes
    };
    let first = bytes(turn(&kit).await);
    assert_eq!(turn(&kit).await.len(), 0);
    let replayed = kit
        .webhooks
        .replay_event(&caller_of(organization.id), &event.id)
        .await;
    let ids = replayed.unwrap().deliveries.into_iter().map(|it| it.id);
    assert_eq!(sorted(ids), sorted(deliveries.into_iter().map(|it| it.id)));
    assert_eq!(bytes(turn(&kit).await), first);
}

#[tokio::test]
async fn a_replay_that_requeues_nothing_says_why_and_changes_nothing() {
    async fn check(befores: &[Before], all_gone: bool) {
        let kit = test_webhooks();
        let (organization, event, _) = scene(&kit, befores).await;
        let before = everything(&kit, organization.id).await;
        let refused = kit
            .webhooks
            .replay_event(&caller_of(organization.id), &event.id)
            .await;
        match refused {
            Err(ReplayEventError::PayloadsGone) => assert!(all_gone, "{befores:?}"),
            Err(ReplayEventError::NothingReplayable) => assert!(!all_gone, "{befores:?}"),
            other => panic!("{befores:?} was answered with {other:?}"),
        }
        assert_eq!(everything(&kit, organization.id).await, before);
        assert!(!was_woken(&kit));
    }
    check(&[], false).await;
    check(&[Before::Delivering], false).await;
    check(&[Before::Delivering, Before::Gone], false).await;
    check(&[Before::Gone], true).await;
    check(&[Before::Expired], true).await;
    check(&[Before::Gone, Before::Expired], true).await;
}

#[tokio::test]
async fn a_replay_adds_no_delivery() {
    let kit = test_webhooks();
    let (organization, event, _) = scene(&kit, &[Before::Pending]).await;
    kit.seed.subscriber(&organization).await;
    let replayed = kit
        .webhooks
        .replay_event(&caller_of(organization.id), &event.id)
        .await;
    assert_eq!(replayed.unwrap().deliveries.len(), 1);
}

#[tokio::test]
async fn a_foreign_or_unknown_event_is_not_found() {
    let kit = test_webhooks();
    let (organization, event, _) = scene(&kit, &[Before::Pending]).await;
    let stranger = kit.seed.organization().await;
    let unknown = EventId::parse("evt_unknown").unwrap();
    let before = everything(&kit, organization.id).await;
    for (organization, id) in [(&stranger, &event.id), (&organization, &unknown)] {
        let refused = kit
            .webhooks
            .replay_event(&caller_of(organization.id), id)
            .await;
        assert!(matches!(refused, Err(ReplayEventError::NotFound)));
    }
    assert_eq!(everything(&kit, organization.id).await, before);
}
