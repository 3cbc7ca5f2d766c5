//! Claims: what is due goes to one dispatcher, with all that it needs.

use std::collections::BTreeSet;
use std::slice;
use std::time::Duration;

use kayle_app::ports::queue::{ClaimRequest, Claimed, ClaimedEndpoint, Room};
use kayle_app::ports::store::StoreError;
use kayle_delivery::{Delivery, DeliveryState, Input, Payload, StoredReason, step};
use kayle_endpoints::Destination;
use kayle_events::EventType;
use kayle_primitives::DeliveryId;
use kayle_sessions::{Session, SessionState};

use super::{Outcome, TestStore};
use crate::seed::Subscriber;

/// More than any store walks past.
const LONG_BACKLOG: usize = 1_100;

pub async fn a_claim_does_what_the_step_does(test: &TestStore) -> Outcome {
    let delivery = test.seed.delivery(&test.subscriber().await).await;
    let now = test.seed.make.clock.advance(Duration::from_secs(1));
    let request = test.request("a", 1);
    let claimed = test.queue.claim_due(&request).await?;

    let lease = request.lease;
    let expected = step(&delivery, Input::Claimed { lease }, now).expect("it is due");
    assert_eq!(deliveries(&claimed), [&expected.delivery]);
    assert_eq!(test.stored(&delivery).await?, expected.delivery);
    Ok(())
}

pub async fn a_claim_brings_all_that_an_attempt_needs(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let event = test.seed.event(&subscriber.organization).await;
    let (endpoint, key) = (&subscriber.endpoint, &subscriber.key);
    let new = test.seed.make.delivery(&event, endpoint, key);
    let DeliveryState::Pending { due_at } = new.delivery.state else {
        panic!("a new delivery waits for its time");
    };
    test.seed.deliveries(slice::from_ref(&new)).await;
    test.seed.delivery(&test.subscriber().await).await;

    let claimed = test.claim("a", 2).await?;
    let claimed: Vec<Claimed> = claimed
        .into_iter()
        .filter(|claim| claim.delivery.id == new.delivery.id)
        .collect();
    let secret = test
        .reads()
        .find_signing_secret(subscriber.organization.id, &endpoint.id)
        .await?;
    let expected = Claimed {
        delivery: test.stored(&new.delivery).await?,
        due_at,
        event,
        jwe: new.jwe.expect("the delivery has a payload"),
        endpoint: Some(ClaimedEndpoint {
            endpoint: endpoint.clone(),
            signing_secret: secret,
        }),
        session_suppressed: false,
        organization_frozen: false,
    };
    assert_eq!(claimed, [expected]);
    Ok(())
}

pub async fn the_longest_due_are_claimed_first(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let ago = |ms| test.now().minus(Duration::from_millis(ms));
    let third = test.due(&subscriber, ago(0)).await?.id;
    let first = test.due(&subscriber, ago(9)).await?.id;
    let second = test.due(&subscriber, ago(5)).await?.id;
    assert_eq!(ids(&test.claim("a", 2).await?), [first, second]);
    assert_eq!(ids(&test.claim("b", 2).await?), [third]);
    Ok(())
}

pub async fn what_is_not_due_is_not_claimed(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let due_at = test.now().plus(Duration::from_millis(1));
    let delivery = test.due(&subscriber, due_at).await?;
    assert_eq!(test.claim("a", 10).await?, []);
    assert_eq!(test.stored(&delivery).await?, delivery);
    test.seed.make.clock.set(due_at);
    assert_eq!(ids(&test.claim("a", 10).await?), [delivery.id]);
    Ok(())
}

pub async fn what_has_expired_is_not_claimed(test: &TestStore) -> Outcome {
    let delivery = test.seed.delivery(&test.subscriber().await).await;
    let expires_at = test.now().plus(Duration::from_millis(1));
    let delivery = Delivery {
        payload: Payload::Stored {
            expires_at,
            reason: StoredReason::PendingDelivery,
        },
        ..delivery
    };
    let delivery = test.save(delivery).await?;
    test.seed.make.clock.set(expires_at);
    assert_eq!(test.claim("a", 10).await?, []);
    assert_eq!(test.stored(&delivery).await?, delivery);
    Ok(())
}

pub async fn what_is_claimed_is_not_claimed_again(test: &TestStore) -> Outcome {
    let delivery = test.seed.delivery(&test.subscriber().await).await;
    assert_eq!(ids(&test.claim("a", 10).await?), [delivery.id]);
    assert_eq!(test.claim("a", 10).await?, []);
    // Not even after the lease: the attempt that was lost is to be recorded first.
    test.seed.make.clock.advance(Duration::from_hours(1));
    assert_eq!(test.claim("b", 10).await?, []);
    Ok(())
}

pub async fn two_claims_at_once_share_what_is_due(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let mut due = BTreeSet::new();
    for _ in 0..12 {
        due.insert(test.seed.delivery(&subscriber).await.id);
    }
    let (one, two, three) =
        tokio::join!(test.claim("a", 5), test.claim("b", 5), test.claim("c", 5));
    let rest = test.claim("d", 20).await?;
    let claimed = [one?, two?, three?, rest].concat();
    assert_eq!(claimed.len(), 12, "each goes to one, and none is left");
    assert_eq!(BTreeSet::from_iter(ids(&claimed)), due);
    Ok(())
}

pub async fn an_endpoint_gets_no_more_than_its_room(test: &TestStore) -> Outcome {
    let [busy, quiet] = two_endpoints(test).await?;
    let request = ClaimRequest {
        room: Room {
            per_endpoint: 2,
            ..test.request("a", 10).room
        },
        ..test.request("a", 10)
    };
    let claimed = test.queue.claim_due(&request).await?;
    assert_eq!(per_endpoint(&claimed, [&busy, &quiet]), [2, 1]);
    Ok(())
}

pub async fn a_busy_endpoint_gets_less_room(test: &TestStore) -> Outcome {
    let [busy, quiet] = two_endpoints(test).await?;
    let claim = async |holder, room| {
        let request = ClaimRequest {
            room: Room {
                per_endpoint: 2,
                busy_endpoints: [(busy.endpoint.id.clone(), room)].into(),
                ..test.request(holder, 10).room
            },
            ..test.request(holder, 10)
        };
        test.queue.claim_due(&request).await
    };
    let claimed = claim("a", 0).await?;
    assert_eq!(per_endpoint(&claimed, [&busy, &quiet]), [0, 1]);
    let claimed = claim("b", 1).await?;
    assert_eq!(per_endpoint(&claimed, [&busy, &quiet]), [1, 0]);
    Ok(())
}

pub async fn a_busy_endpoint_does_not_stop_the_others(test: &TestStore) -> Outcome {
    let [busy, quiet] = two_endpoints(test).await?;
    let request = ClaimRequest {
        room: Room {
            busy_endpoints: [(busy.endpoint.id.clone(), 0)].into(),
            ..test.request("a", 1).room
        },
        ..test.request("a", 1)
    };
    let claimed = test.queue.claim_due(&request).await?;
    assert_eq!(per_endpoint(&claimed, [&busy, &quiet]), [0, 1]);
    Ok(())
}

pub async fn what_waits_behind_a_long_backlog_is_claimed(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let busy = test.seed.subscriber(&organization).await;
    test.seed.backlog(&busy, LONG_BACKLOG).await;
    let mut behind = Vec::new();
    for _ in 0..2 {
        let subscriber = test.seed.subscriber(&organization).await;
        for _ in 0..3 {
            test.seed.make.clock.advance(Duration::from_millis(1));
            behind.push(test.seed.delivery(&subscriber).await.id);
        }
    }
    let two_each = ClaimRequest {
        room: Room {
            per_endpoint: 2,
            ..test.request("a", 100).room
        },
        ..test.request("a", 100)
    };
    let claimed = test.queue.claim_due(&two_each).await?;
    assert_eq!(claimed.len(), 6);
    assert_eq!(ids(&claimed[2..]), [&behind[..2], &behind[3..5]].concat());
    let without_room = ClaimRequest {
        room: Room {
            busy_endpoints: [(busy.endpoint.id.clone(), 0)].into(),
            ..test.request("b", 100).room
        },
        ..test.request("b", 100)
    };
    let claimed = test.queue.claim_due(&without_room).await?;
    assert_eq!(ids(&claimed), [behind[2].clone(), behind[5].clone()]);
    assert_eq!(test.claim("c", 100).await?.len(), 100);
    Ok(())
}

pub async fn a_destination_gets_no_more_than_its_room(test: &TestStore) -> Outcome {
    let shared = [
        subscriber_at(test, "https://shared.example/a").await,
        subscriber_at(test, "https://Shared.example:443/b").await,
    ];
    let elsewhere = subscriber_at(test, "https://shared.example:8443/a").await;
    for subscriber in shared.iter().chain([&elsewhere]) {
        for _ in 0..3 {
            test.seed.delivery(subscriber).await;
        }
    }
    let destination = destination_of(&shared[0]);
    let claim = async |holder, left: Option<usize>| {
        let busy = left.map(|left| (destination.clone(), left));
        let request = ClaimRequest {
            room: Room {
                per_destination: 3,
                busy_destinations: busy.into_iter().collect(),
                ..test.request(holder, 100).room
            },
            ..test.request(holder, 100)
        };
        let claimed = test.queue.claim_due(&request).await?;
        let [a, b] = per_endpoint(&claimed, [&shared[0], &shared[1]]);
        Ok::<_, StoreError>((a + b, claimed.len()))
    };
    assert_eq!(claim("a", None).await?, (3, 6));
    assert_eq!(claim("b", Some(0)).await?, (0, 0));
    assert_eq!(claim("c", Some(1)).await?, (1, 1));
    assert_eq!(claim("d", None).await?, (2, 2));
    Ok(())
}

pub async fn what_waits_behind_a_full_destination_is_claimed(test: &TestStore) -> Outcome {
    let mut shared = Vec::new();
    for n in 0..22 {
        let subscriber = subscriber_at(test, &format!("https://shared.example/{n}")).await;
        test.seed.backlog(&subscriber, LONG_BACKLOG / 22).await;
        shared.push(subscriber);
    }
    let elsewhere = subscriber_at(test, "https://elsewhere.example/").await;
    let without_room = ClaimRequest {
        room: Room {
            busy_destinations: [(destination_of(&shared[0]), 0)].into(),
            ..test.request("a", 100).room
        },
        ..test.request("a", 100)
    };
    // It fills up while the queue is walked by endpoint, because one of its endpoints is full.
    let fills_up = ClaimRequest {
        room: Room {
            per_destination: 5,
            busy_endpoints: [(shared[0].endpoint.id.clone(), 0)].into(),
            ..test.request("b", 8).room
        },
        ..test.request("b", 8)
    };
    // It fills up while the queue is walked in its order.
    let fills_up_at_once = ClaimRequest {
        room: Room {
            per_destination: 5,
            ..test.request("c", 8).room
        },
        ..test.request("c", 8)
    };
    for (request, expected) in [(without_room, 3), (fills_up, 8), (fills_up_at_once, 8)] {
        test.seed.make.clock.advance(Duration::from_millis(1));
        for _ in 0..3 {
            test.seed.delivery(&elsewhere).await;
        }
        let request = ClaimRequest {
            now: test.now(),
            ..request
        };
        let claimed = test.queue.claim_due(&request).await?;
        let [behind, _] = per_endpoint(&claimed, [&elsewhere, &shared[0]]);
        assert_eq!((behind, claimed.len()), (3, expected));
    }
    Ok(())
}

pub async fn a_claim_of_a_frozen_organization_says_so(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    test.seed.delivery(&subscriber).await;
    test.set_frozen(&subscriber.organization, true).await?;
    let claimed = test.claim("a", 1).await?;
    let told: Vec<bool> = claimed.iter().map(|it| it.organization_frozen).collect();
    assert_eq!(told, [true]);
    Ok(())
}

pub async fn a_claim_of_a_suppressed_session_says_so(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let session = || test.seed.make.session(&subscriber.organization);
    let withdrawn = Session {
        withdrawn_at: Some(test.now()),
        ..session()
    };
    let cancelled = Session {
        state: SessionState::Cancelled {
            completed_at: test.now(),
        },
        ..session()
    };
    for (session, suppressed) in [(withdrawn, true), (cancelled, true), (session(), false)] {
        test.seed.session(&session).await;
        let event = test.seed.make.event(&session, EventType::SessionCancelled);
        test.seed.events(slice::from_ref(&event)).await;
        let (endpoint, key) = (&subscriber.endpoint, &subscriber.key);
        let new = test.seed.make.delivery(&event, endpoint, key);
        test.seed.deliveries(&[new]).await;
        let claimed = test.claim("a", 1).await?;
        let told: Vec<bool> = claimed.iter().map(|it| it.session_suppressed).collect();
        assert_eq!(told, [suppressed]);
    }
    Ok(())
}

pub async fn a_claim_for_a_disabled_endpoint_shows_it(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let subscriber = test.disabled_subscriber(&organization).await;
    test.seed.delivery(&subscriber).await;
    let claimed = test.claim("a", 1).await?;
    let shown = claimed.into_iter().map(|it| it.endpoint);
    let shown: Vec<_> = shown.flatten().map(|it| it.endpoint).collect();
    assert_eq!(shown, [subscriber.endpoint]);
    Ok(())
}

async fn subscriber_at(test: &TestStore, url: &str) -> Subscriber {
    let organization = test.seed.organization().await;
    test.seed.subscriber_at(&organization, url).await
}

fn destination_of(subscriber: &Subscriber) -> Destination {
    let destination = subscriber.endpoint.url.destination();
    destination.expect("it has a host")
}

/// Stores two endpoints: four deliveries of the first are due, and one of the second, which is due
/// last.
async fn two_endpoints(test: &TestStore) -> Result<[Subscriber; 2], StoreError> {
    let organization = test.seed.organization().await;
    let busy = test.seed.subscriber(&organization).await;
    let quiet = test.seed.subscriber(&organization).await;
    for ago in 1..5 {
        let due_at = test.now().minus(Duration::from_millis(ago));
        test.due(&busy, due_at).await?;
    }
    test.due(&quiet, test.now()).await?;
    Ok([busy, quiet])
}

fn per_endpoint(claimed: &[Claimed], subscribers: [&Subscriber; 2]) -> [usize; 2] {
    subscribers.map(|subscriber| {
        let to = claimed
            .iter()
            .filter(|claim| claim.delivery.endpoint_id == subscriber.endpoint.id);
        to.count()
    })
}

fn deliveries(claimed: &[Claimed]) -> Vec<&Delivery> {
    claimed.iter().map(|claim| &claim.delivery).collect()
}

fn ids(claimed: &[Claimed]) -> Vec<DeliveryId> {
    let ids = claimed.iter().map(|claim| claim.delivery.id.clone());
    ids.collect()
}
