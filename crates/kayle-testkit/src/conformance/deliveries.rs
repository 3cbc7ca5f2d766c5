//! Deliveries, as people see and change them.

use std::cmp::Reverse;
use std::slice;
use std::time::Duration;

use kayle_app::ports::store::{
    DeliveryFilter, DuePlace, FailedCounts, FailedFilter, FailedPortion, Portion, StoreError,
};
use kayle_delivery::{
    AttemptFailure, Delivery, DeliveryState, DeliveryStatus, FailureReason, Input, LastAttempt,
    Lease, LeaseHolder, Payload, ScrubReason, StoredReason, step,
};
use kayle_events::{Event, EventType};
use kayle_primitives::DeliveryId;
use strum::IntoEnumIterator;

use super::pages::{after, first, walked};
use super::settlements::assert_bytes_are_gone;
use super::{Outcome, TestStore};
use crate::seed::Subscriber;

pub async fn a_delivery_is_found_as_it_was_stored(test: &TestStore) -> Outcome {
    let delivery = test.seed.delivery(&test.subscriber().await).await;
    assert_eq!(test.stored(&delivery).await?, delivery);
    let attempts = test
        .reads()
        .attempts_of(delivery.organization_id, &delivery.id)
        .await?;
    assert_eq!(attempts, []);
    Ok(())
}

pub async fn a_stillborn_delivery_is_stored_with_its_attempt(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let event = test.seed.event(&subscriber.organization).await;
    let new = test
        .seed
        .make
        .stillborn_delivery(&event, &subscriber.endpoint);
    test.seed.deliveries(slice::from_ref(&new)).await;
    assert_eq!(test.stored(&new.delivery).await?, new.delivery);
    let attempts = test
        .reads()
        .attempts_of(subscriber.organization.id, &new.delivery.id)
        .await?;
    assert_eq!(attempts, Vec::from_iter(new.attempt));
    assert_eq!(test.claim("a", 10).await?, []);
    Ok(())
}

pub async fn a_foreign_delivery_is_a_missing_one(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let event = test.seed.event(&subscriber.organization).await;
    let new = test
        .seed
        .make
        .stillborn_delivery(&event, &subscriber.endpoint);
    test.seed.deliveries(slice::from_ref(&new)).await;
    let (stranger, id) = (test.seed.organization().await.id, &new.delivery.id);
    let (reads, any) = (test.reads(), DeliveryFilter::default());
    assert_eq!(reads.find_delivery(stranger, id).await?, None);
    assert_eq!(reads.attempts_of(stranger, id).await?, []);
    let listed = reads.list_deliveries(stranger, &any, &first(10)).await?;
    assert_eq!(listed.expect("there is no cursor").items, []);
    let listed = reads.list_deliveries(stranger, &any, &after(id)).await?;
    assert_eq!(listed, None);

    let mut tx = test.store.begin().await?;
    assert_eq!(tx.lock_delivery(stranger, id).await?, None);
    let locked = tx.lock_deliveries_of_event(stranger, &event.id).await?;
    assert_eq!(locked, []);
    Ok(())
}

pub async fn deliveries_are_listed_newest_first(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    test.seed.delivery(&test.subscriber().await).await;
    let mut expected = Vec::new();
    for age in 0..2 {
        test.seed.make.clock.advance(Duration::from_millis(age));
        for _ in 0..3 {
            expected.push(test.seed.delivery(&subscriber).await);
        }
    }
    let organization_id = subscriber.organization.id;
    let any = DeliveryFilter::default();
    let fetch = async |request: &_| {
        let page = test
            .reads()
            .list_deliveries(organization_id, &any, request)
            .await?;
        Ok(page.expect("the cursor is the last item's"))
    };
    let listed = walked(fetch, |delivery| delivery.id.clone()).await?;
    expected.sort_by_key(|delivery| Reverse((delivery.created_at, delivery.id.clone())));
    assert_eq!(listed, expected);

    let unknown = DeliveryId::generate(test.now(), test.seed.make.entropy());
    let listed = test
        .reads()
        .list_deliveries(organization_id, &any, &after(&unknown))
        .await?;
    assert_eq!(listed, None);
    Ok(())
}

pub async fn the_latest_deliveries_of_endpoints_are_read_at_once(test: &TestStore) -> Outcome {
    let one = test.subscriber().await;
    let other = test.seed.subscriber(&one.organization).await;
    let unasked = test.seed.subscriber(&one.organization).await;
    let stranger = test.subscriber().await;
    let mut made = Vec::new();
    for subscriber in [&one, &other, &one, &unasked, &one, &stranger] {
        made.push(test.seed.delivery(subscriber).await);
        test.seed.make.clock.advance(Duration::from_secs(1));
    }
    let asked = [&one, &other, &stranger].map(|subscriber| subscriber.endpoint.id.clone());
    let reads = test.reads();
    let id = one.organization.id;
    let found = reads.latest_deliveries(id, &asked, 2).await?;
    let expected = [4, 2, 1].map(|place: usize| made[place].clone());
    assert_eq!(found, expected);
    assert_eq!(reads.latest_deliveries(id, &[], 2).await?, []);
    Ok(())
}

pub async fn deliveries_are_filtered(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let other = test.seed.subscriber(&subscriber.organization).await;
    let pending = test.seed.delivery(&subscriber).await;
    let failed = test.seed.delivery(&other).await;
    let failed = test.save(exhausted(test, failed)).await?;
    let list = async |filter| {
        let page = test
            .reads()
            .list_deliveries(subscriber.organization.id, &filter, &first(10))
            .await?;
        Ok::<_, StoreError>(page.expect("there is no cursor").items)
    };
    let any = DeliveryFilter::default;
    for (status, expected) in [
        (DeliveryStatus::Pending, vec![pending.clone()]),
        (DeliveryStatus::Delivering, vec![]),
        (DeliveryStatus::Succeeded, vec![]),
        (DeliveryStatus::Failed, vec![failed.clone()]),
    ] {
        let filter = DeliveryFilter {
            status: Some(status),
            ..any()
        };
        assert_eq!(list(filter).await?, expected, "{status:?}");
    }
    let to_other = DeliveryFilter {
        endpoint_id: Some(other.endpoint.id.clone()),
        ..any()
    };
    assert_eq!(list(to_other).await?, slice::from_ref(&failed));
    let of_event = DeliveryFilter {
        event_id: Some(pending.event_id.clone()),
        ..any()
    };
    assert_eq!(list(of_event).await?, [pending]);
    let mismatched = DeliveryFilter {
        status: Some(DeliveryStatus::Pending),
        endpoint_id: Some(other.endpoint.id),
        event_id: Some(failed.event_id),
        ..any()
    };
    assert_eq!(list(mismatched).await?, []);
    Ok(())
}

pub async fn what_failed_is_counted_and_walked_by_its_last_attempt(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let organization_id = subscriber.organization.id;
    let mut failed = Vec::new();
    for seconds in [3, 1, 2] {
        let delivery = test.seed.delivery(&subscriber).await;
        let delivery = exhausted_at(test, delivery, Duration::from_secs(seconds));
        failed.push(test.save(delivery).await?);
    }
    failed.sort_by_key(|delivery| delivery.last_attempt.map(|last| last.at));
    let withdrawn = test.seed.delivery(&subscriber).await;
    let withdrawn = exhausted_at(test, withdrawn, Duration::from_secs(1));
    let withdrawn = step(&withdrawn, Input::Withdrawn, test.now())
        .expect("a failed delivery stores its payload");
    test.save(withdrawn.delivery).await?;
    let event = test.seed.event(&subscriber.organization).await;
    let stillborn = test
        .seed
        .make
        .stillborn_delivery(&event, &subscriber.endpoint);
    test.seed.deliveries(slice::from_ref(&stillborn)).await;
    test.due(&subscriber, test.now()).await?;

    let any = FailedFilter {
        since: test.now(),
        until: test.now().plus(Duration::from_secs(2)),
        endpoint_id: None,
        event_type: None,
        failure_reason: None,
    };
    let expected = FailedCounts {
        retained: 2,
        not_retained: 1,
        withdrawn: 1,
    };
    let counted = test.reads().count_failed(organization_id, &any, 10).await?;
    assert_eq!(counted, expected);
    let counted = test.reads().count_failed(organization_id, &any, 1).await?;
    assert_eq!(counted.retained, 1);

    let mut tx = test.store.begin().await?;
    let first = tx.lock_failed(organization_id, &any, None, 1).await?;
    assert_eq!(first.deliveries, failed[..1]);
    let rest = tx.lock_failed(organization_id, &any, first.last.as_ref(), 10);
    let expected = FailedPortion {
        deliveries: failed[1..2].to_vec(),
        last: None,
    };
    assert_eq!(rest.await?, expected);
    Ok(())
}

pub async fn what_failed_is_filtered(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let delivery = test.seed.delivery(&subscriber).await;
    let delivery = test.save(exhausted(test, delivery)).await?;
    let event_type = EventType::SessionExpired;
    let matching = FailedFilter {
        since: test.now(),
        until: test.now(),
        endpoint_id: Some(delivery.endpoint_id.clone()),
        event_type: Some(event_type),
        failure_reason: Some(AttemptFailure::HttpStatus),
    };
    let other_endpoint = test
        .seed
        .subscriber(&subscriber.organization)
        .await
        .endpoint;
    let others = [
        FailedFilter {
            since: test.now().plus(Duration::from_millis(1)),
            until: test.now().plus(Duration::from_secs(1)),
            ..matching.clone()
        },
        FailedFilter {
            endpoint_id: Some(other_endpoint.id),
            ..matching.clone()
        },
        FailedFilter {
            event_type: Some(EventType::SessionSucceeded),
            ..matching.clone()
        },
        FailedFilter {
            failure_reason: Some(AttemptFailure::UrlRejected),
            ..matching.clone()
        },
    ];
    let reads = test.reads();
    let organization_id = subscriber.organization.id;
    let counted = reads.count_failed(organization_id, &matching, 10).await?;
    assert_eq!(counted.retained, 1);
    for other in others {
        let counted = reads.count_failed(organization_id, &other, 10).await?;
        assert_eq!(counted, FailedCounts::default(), "{other:?}");
    }
    let stranger = test.seed.organization().await.id;
    let counted = reads.count_failed(stranger, &matching, 10).await?;
    assert_eq!(counted, FailedCounts::default());
    Ok(())
}

pub async fn the_deliveries_due_before_another_are_counted(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let other = test.seed.subscriber(&subscriber.organization).await;
    let before = test.now();
    let due_at = before.plus(Duration::from_secs(1));
    for _ in 0..3 {
        test.due(&subscriber, before).await?;
    }
    test.due(&other, before).await?;
    test.held(&subscriber).await?;
    test.due(&subscriber, due_at.plus(Duration::from_secs(1)))
        .await?;
    let delivery = test.due(&subscriber, due_at).await?;
    let place = DuePlace {
        endpoint_id: &delivery.endpoint_id,
        due_at,
        id: &delivery.id,
    };
    let organization_id = delivery.organization_id;
    let reads = test.reads();
    assert_eq!(reads.count_due_before(organization_id, place, 10).await?, 3);
    assert_eq!(reads.count_due_before(organization_id, place, 2).await?, 2);
    let foreign = test.seed.organization().await.id;
    assert_eq!(reads.count_due_before(foreign, place, 10).await?, 0);
    Ok(())
}

pub async fn the_deliveries_of_an_event_are_locked_by_id(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let event = test.seed.event(&organization).await;
    let mut expected = Vec::new();
    for _ in 0..3 {
        let to = test.seed.subscriber(&organization).await;
        let new = test.seed.make.delivery(&event, &to.endpoint, &to.key);
        expected.push(new.delivery.clone());
        test.seed.deliveries(&[new]).await;
        test.seed.delivery(&to).await;
    }
    expected.sort_by_key(|delivery| delivery.id.clone());
    let mut tx = test.store.begin().await?;
    let locked = tx
        .lock_deliveries_of_event(organization.id, &event.id)
        .await?;
    assert_eq!(locked, expected);
    let locked = tx.lock_delivery(organization.id, &expected[0].id).await?;
    assert_eq!(locked.as_ref(), Some(&expected[0]));
    let unknown = DeliveryId::generate(test.now(), test.seed.make.entropy());
    assert_eq!(tx.lock_delivery(organization.id, &unknown).await?, None);
    Ok(())
}

pub async fn expired_payloads_are_locked_the_longest_over_first(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let third = expiring_in(test, &subscriber, 9).await?;
    let first = expiring_in(test, &subscriber, 1).await?;
    let second = expiring_in(test, &subscriber, 5).await?;
    expiring_in(test, &subscriber, 10).await?;
    let event = test.seed.event(&subscriber.organization).await;
    let scrubbed = test
        .seed
        .make
        .stillborn_delivery(&event, &subscriber.endpoint);
    test.seed.deliveries(&[scrubbed]).await;

    let now = test.seed.make.clock.advance(Duration::from_millis(9));
    let mut tx = test.store.begin().await?;
    let locked = tx
        .lock_expired_payloads(now, Portion::first(10))
        .await?
        .items;
    assert_eq!(locked, [first.clone(), second.clone(), third]);
    let locked = tx
        .lock_expired_payloads(now, Portion::first(2))
        .await?
        .items;
    assert_eq!(locked, [first, second]);
    Ok(())
}

pub async fn saved_deliveries_are_stored_whole(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let (one, two) = (
        test.seed.delivery(&subscriber).await,
        test.seed.delivery(&subscriber).await,
    );
    let untouched = test.seed.delivery(&subscriber).await;
    test.seed.make.clock.advance(Duration::from_secs(1));
    let changed = [exhausted(test, one), leased(test, two)];
    let mut tx = test.store.begin().await?;
    for delivery in &changed {
        tx.lock_delivery(delivery.organization_id, &delivery.id)
            .await?;
    }
    tx.save_deliveries(&changed).await?;
    tx.commit().await?;
    for delivery in &changed {
        assert_eq!(test.stored(delivery).await?, *delivery);
    }
    assert_eq!(test.stored(&untouched).await?, untouched);
    Ok(())
}

pub async fn the_bytes_of_a_scrubbed_payload_are_deleted(test: &TestStore) -> Outcome {
    let delivery = test.seed.delivery(&test.subscriber().await).await;
    let withdrawn = step(&delivery, Input::Withdrawn, test.now()).expect("it has not succeeded");
    let withdrawn = test.save(withdrawn.delivery).await?;
    assert_eq!(test.stored(&withdrawn).await?, withdrawn);
    assert_eq!(
        withdrawn.payload,
        Payload::Scrubbed {
            at: test.now(),
            reason: ScrubReason::PrivacyRequest
        }
    );
    // No step brings a payload back; if one did, there would be nothing to send.
    test.save(delivery).await?;
    match test.claim("a", 1).await {
        Ok(claimed) => assert_eq!(claimed, []),
        Err(StoreError::Corrupt { .. }) => {}
        Err(error) => return Err(error),
    }
    Ok(())
}

pub async fn the_deliveries_of_a_session_are_locked_with_their_types(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let other = test.seed.subscriber(&subscriber.organization).await;
    test.seed.delivery(&subscriber).await;
    let session = test.seed.make.session(&subscriber.organization);
    test.seed.session(&session).await;
    let mut expected = Vec::new();
    for event_type in [
        EventType::SessionSucceeded,
        EventType::AttemptFailed,
        EventType::AttemptSucceeded,
        EventType::SessionCancelled,
    ] {
        let event = Event {
            attempt_id: Some(test.seed.make.attempt(&session).attempt.id),
            ..test.seed.make.event(&session, event_type)
        };
        test.seed.events(slice::from_ref(&event)).await;
        for to in [&subscriber, &other] {
            let new = test.seed.make.delivery(&event, &to.endpoint, &to.key);
            test.seed.deliveries(slice::from_ref(&new)).await;
            expected.push((event_type, new.delivery));
        }
    }
    expected.sort_by_key(|(_, delivery)| delivery.id.clone());
    let mut tx = test.store.begin().await?;
    let locked = tx.lock_deliveries_of_session(&session.id).await?.items;
    assert_eq!(locked, expected);
    let silent = test.seed.make.session(&subscriber.organization);
    assert_eq!(tx.lock_deliveries_of_session(&silent.id).await?.items, []);
    Ok(())
}

pub async fn deliveries_of_every_event_type_are_locked_with_their_session(
    test: &TestStore,
) -> Outcome {
    let subscriber = test.subscriber().await;
    for event_type in EventType::iter() {
        let session = test.seed.make.session(&subscriber.organization);
        test.seed.session(&session).await;
        let event = Event {
            attempt_id: Some(test.seed.make.attempt(&session).attempt.id),
            ..test.seed.make.event(&session, event_type)
        };
        test.seed.events(slice::from_ref(&event)).await;
        let new = test
            .seed
            .make
            .delivery(&event, &subscriber.endpoint, &subscriber.key);
        test.seed.deliveries(slice::from_ref(&new)).await;
        let mut tx = test.store.begin().await?;
        let locked = tx.lock_deliveries_of_session(&session.id).await?;
        assert_eq!(locked.items, [(event_type, new.delivery)]);
    }
    Ok(())
}

pub async fn an_expired_sessions_deliveries_are_locked_once(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let delivery = test.seed.delivery(&subscriber).await;
    let event = test
        .reads()
        .find_event(subscriber.organization.id, &delivery.event_id)
        .await?;
    let session_id = event.expect("it is stored").event.session_id;
    let mut tx = test.store.begin().await?;
    let locked = tx.lock_deliveries_of_session(&session_id).await?.items;
    assert_eq!(locked, [(EventType::SessionExpired, delivery)]);
    Ok(())
}

pub async fn what_is_dropped_with_an_endpoint_is_what_the_step_drops(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let other = test.seed.subscriber(&subscriber.organization).await;
    let mut deliveries = in_every_state(test, &subscriber).await?;
    let meant = deliveries.len();
    deliveries.extend(in_every_state(test, &other).await?);
    let now = test.seed.make.clock.advance(Duration::from_secs(1));
    let mut tx = test.store.begin().await?;
    let dropped = tx
        .drop_deliveries_of_endpoint(&subscriber.endpoint.id, now)
        .await?;
    tx.commit().await?;

    let is_taken = |delivery: &&Delivery| step(delivery, Input::EndpointDeleted, now).is_ok();
    let taken = deliveries[..meant].iter().filter(is_taken).count();
    assert_eq!(usize::try_from(dropped), Ok(taken));
    assert!(0 < taken && taken < meant);
    for (place, delivery) in deliveries.into_iter().enumerate() {
        let expected = match step(&delivery, Input::EndpointDeleted, now) {
            Ok(step) if place < meant => step.delivery,
            Ok(_) | Err(_) => delivery,
        };
        assert_eq!(test.stored(&expected).await?, expected);
    }
    Ok(())
}

pub async fn the_bytes_of_a_dropped_delivery_are_deleted(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let delivery = test.seed.delivery(&subscriber).await;
    let mut tx = test.store.begin().await?;
    tx.drop_deliveries_of_endpoint(&subscriber.endpoint.id, test.now())
        .await?;
    tx.commit().await?;
    // No step brings a payload back; if one did, there would be nothing to send.
    test.save(delivery.clone()).await?;
    assert_bytes_are_gone(test, &delivery).await
}

/// Stores a delivery in each state, and of those that have failed one with its payload and one
/// without.
async fn in_every_state(
    test: &TestStore,
    subscriber: &Subscriber,
) -> Result<Vec<Delivery>, StoreError> {
    let fresh = async || test.seed.delivery(subscriber).await;
    let event = test.seed.event(&subscriber.organization).await;
    let endpoint = &subscriber.endpoint;
    let stillborn = test.seed.make.stillborn_delivery(&event, endpoint);
    test.seed.deliveries(slice::from_ref(&stillborn)).await;
    let succeeded = Delivery {
        state: DeliveryState::Succeeded,
        payload: Payload::Scrubbed {
            at: test.now(),
            reason: ScrubReason::Delivered,
        },
        ..exhausted(test, fresh().await)
    };
    Ok(vec![
        fresh().await,
        test.held(subscriber).await?,
        test.save(leased(test, fresh().await)).await?,
        test.save(exhausted(test, fresh().await)).await?,
        test.save(succeeded).await?,
        stillborn.delivery,
    ])
}

async fn expiring_in(
    test: &TestStore,
    subscriber: &Subscriber,
    ms: u64,
) -> Result<Delivery, StoreError> {
    let delivery = test.seed.delivery(subscriber).await;
    let payload = Payload::Stored {
        expires_at: test.now().plus(Duration::from_millis(ms)),
        reason: StoredReason::PendingDelivery,
    };
    test.save(Delivery {
        payload,
        ..delivery
    })
    .await
}

/// Fails a delivery whose last attempt was this long after now.
fn exhausted_at(test: &TestStore, delivery: Delivery, after: Duration) -> Delivery {
    let last_attempt = LastAttempt {
        at: test.now().plus(after),
        status_code: Some(503),
        failure_reason: Some(AttemptFailure::HttpStatus),
    };
    Delivery {
        last_attempt: Some(last_attempt),
        ..exhausted(test, delivery)
    }
}

pub(super) fn exhausted(test: &TestStore, delivery: Delivery) -> Delivery {
    Delivery {
        state: DeliveryState::Failed,
        attempt_count: 8,
        last_attempt: Some(LastAttempt {
            at: test.now(),
            status_code: Some(503),
            failure_reason: Some(AttemptFailure::HttpStatus),
        }),
        payload: Payload::Stored {
            expires_at: test.now().plus(Duration::from_hours(72)),
            reason: StoredReason::TerminalFailureRetention,
        },
        updated_at: test.now(),
        ..delivery
    }
}

fn leased(test: &TestStore, delivery: Delivery) -> Delivery {
    Delivery {
        state: DeliveryState::Delivering {
            claimed_at: test.now(),
            lease: Lease {
                holder: LeaseHolder("dispatcher 1, claim 7".to_owned()),
                until: test.now().plus(Duration::from_mins(1)),
            },
        },
        attempt_count: 1,
        last_attempt: Some(LastAttempt {
            at: test.now(),
            status_code: None,
            failure_reason: Some(AttemptFailure::NoAnswer(FailureReason::Timeout)),
        }),
        updated_at: test.now(),
        ..delivery
    }
}
