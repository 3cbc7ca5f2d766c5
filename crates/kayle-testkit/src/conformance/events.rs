//! Events.

use std::cmp::Reverse;
use std::slice;
use std::time::Duration;

use kayle_app::ports::store::{
    DeliveryFilter, EventFilter, EventWithDeliveries, NewEvent, StoreError,
};
use kayle_delivery::fanout::{PassedOver, PassedOverReason};
use kayle_events::{Challenge, Event, EventType};
use kayle_primitives::{AttemptId, EventId, SessionId};
use strum::IntoEnumIterator;

use super::pages::{after, first, walked};
use super::{Outcome, TestStore};

pub async fn an_event_is_found_with_its_deliveries(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let event = test.seed.event(&organization).await;
    let mut deliveries = Vec::new();
    for _ in 0..3 {
        let to = test.seed.subscriber(&organization).await;
        let new = test.seed.make.delivery(&event, &to.endpoint, &to.key);
        deliveries.push(new.delivery.clone());
        test.seed.deliveries(&[new]).await;
        test.seed.delivery(&to).await;
    }
    deliveries.sort_by_key(|delivery| delivery.id.clone());
    let found = test.reads().find_event(organization.id, &event.id).await?;
    let expected = EventWithDeliveries {
        event,
        deliveries,
        passed_over: Vec::new(),
    };
    assert_eq!(found, Some(expected));
    Ok(())
}

pub async fn an_event_remembers_whom_it_passed_over(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let session = test.seed.make.session(&organization);
    test.seed.session(&session).await;
    let reasons = PassedOverReason::iter().map(|reason| PassedOver {
        endpoint_id: test.seed.make.endpoint(&organization).id,
        reason,
    });
    let new = NewEvent {
        event: test.seed.make.event(&session, EventType::SessionExpired),
        passed_over: reasons.collect(),
    };
    let mut tx = test.store.begin().await?;
    tx.insert_events(slice::from_ref(&new)).await?;
    tx.commit().await?;
    let reads = test.reads();
    let found = reads.find_event(organization.id, &new.event.id).await?;
    let found = found.expect("it is stored");
    assert_eq!(found.passed_over, new.passed_over);
    let any = EventFilter::default();
    let listed = reads.list_events(organization.id, &any, &first(10)).await?;
    assert_eq!(listed.expect("there is no cursor").items, [found]);
    Ok(())
}

pub async fn tests_are_stored_side_by_side_and_listed_only_if_asked_for(
    test: &TestStore,
) -> Outcome {
    let subscriber = test.subscriber().await;
    let organization_id = subscriber.organization.id;
    let ordinary = test.seed.delivery(&subscriber).await;
    let since = ordinary.created_at.minus(Duration::from_secs(1));
    let mut tests = Vec::new();
    for event_type in EventType::iter().chain(EventType::iter()) {
        let session = test.seed.make.session(&subscriber.organization);
        let event = Event {
            session_id: SessionId::nobodys(),
            attempt_id: Some(AttemptId::nobodys()),
            challenge: Some(Challenge::new("challenge".to_owned())),
            ..test.seed.make.event(&session, event_type)
        };
        test.seed.events(slice::from_ref(&event)).await;
        let (endpoint, key) = (&subscriber.endpoint, &subscriber.key);
        let new = test.seed.make.delivery(&event, endpoint, key);
        assert!(new.delivery.is_test);
        test.seed.deliveries(slice::from_ref(&new)).await;
        tests.push(new.delivery);
    }
    let reads = test.reads();
    let all = tests.len() + 1;
    let (deliveries, events) = (first(40), first(40));
    for (with_tests, expected) in [(false, 1), (true, all)] {
        let filter = DeliveryFilter {
            with_tests,
            ..DeliveryFilter::default()
        };
        let listed = reads.list_deliveries(organization_id, &filter, &deliveries);
        let listed = listed.await?.expect("there is no cursor").items;
        assert_eq!(listed.len(), expected);
        let filter = EventFilter {
            with_tests,
            ..EventFilter::default()
        };
        let listed = reads.list_events(organization_id, &filter, &events);
        let listed = listed.await?.expect("there is no cursor").items;
        assert_eq!(listed.len(), expected);
    }
    let found = reads.find_delivery(organization_id, &tests[0].id).await?;
    assert_eq!(found.as_ref(), Some(&tests[0]));
    let endpoint_id = &subscriber.endpoint.id;
    assert_eq!(reads.tests_since(endpoint_id, since, 10).await?.len(), 10);
    let later = test.seed.make.now();
    assert!(reads.tests_since(endpoint_id, later, 10).await?.is_empty());
    Ok(())
}

pub async fn events_and_deliveries_are_found_by_their_session(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let organization_id = subscriber.organization.id;
    let delivery = test.seed.delivery(&subscriber).await;
    test.seed.delivery(&subscriber).await;
    let reads = test.reads();
    let event = reads
        .find_event(organization_id, &delivery.event_id)
        .await?;
    let event = event.expect("it is stored").event;
    let session_id = Some(event.session_id.clone());
    let filter = EventFilter {
        session_id: session_id.clone(),
        ..EventFilter::default()
    };
    let page = first(10);
    let listed = reads.list_events(organization_id, &filter, &page);
    let listed = listed.await?.expect("there is no cursor").items;
    let listed: Vec<Event> = listed.into_iter().map(|found| found.event).collect();
    assert_eq!(listed, [event]);
    let filter = DeliveryFilter {
        session_id,
        ..DeliveryFilter::default()
    };
    let page = first(10);
    let listed = reads.list_deliveries(organization_id, &filter, &page);
    assert_eq!(listed.await?.expect("there is no cursor").items, [delivery]);
    let stranger = test.seed.organization().await.id;
    let listed = reads.list_deliveries(stranger, &filter, &page);
    assert_eq!(listed.await?.expect("there is no cursor").items, []);
    Ok(())
}

pub async fn the_types_of_an_organizations_events_are_found(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let own = test.seed.event(&organization).await;
    let foreign = test.seed.organization().await;
    let foreign = test.seed.event(&foreign).await;
    let ids = [own.id.clone(), foreign.id.clone()];
    let types = test.reads().event_types(organization.id, &ids).await?;
    assert_eq!(
        types.into_iter().collect::<Vec<_>>(),
        [(own.id, own.event_type)]
    );
    Ok(())
}

pub async fn every_type_of_event_is_stored(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    for event_type in EventType::iter() {
        let session = test.seed.make.session(&organization);
        test.seed.session(&session).await;
        let attempt = test.seed.make.attempt(&session);
        let mut tx = test.store.begin().await?;
        tx.insert_attempt(&attempt).await?;
        tx.commit().await?;
        let event = Event {
            attempt_id: caused_by_attempts(event_type).then_some(attempt.attempt.id),
            ..test.seed.make.event(&session, event_type)
        };
        test.seed.events(slice::from_ref(&event)).await;
        let found = test.reads().find_event(organization.id, &event.id).await?;
        assert_eq!(found.map(|found| found.event), Some(event));
    }
    Ok(())
}

pub async fn a_foreign_event_is_a_missing_one(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let stranger = test.seed.organization().await.id;
    let event = test.seed.event(&organization).await;
    assert_eq!(test.reads().find_event(stranger, &event.id).await?, None);
    let (reads, any) = (test.reads(), EventFilter::default());
    let listed = reads.list_events(stranger, &any, &first(10)).await?;
    assert_eq!(listed.expect("there is no cursor").items, []);
    let listed = reads.list_events(stranger, &any, &after(&event.id)).await?;
    assert_eq!(listed, None);
    Ok(())
}

pub async fn events_are_listed_newest_first(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let organization = &subscriber.organization;
    let mut expected = Vec::new();
    for age in 0..2 {
        test.seed.make.clock.advance(Duration::from_millis(age));
        for _ in 0..3 {
            let event = test.seed.event(organization).await;
            let (endpoint, key) = (&subscriber.endpoint, &subscriber.key);
            let new = test.seed.make.delivery(&event, endpoint, key);
            test.seed.deliveries(slice::from_ref(&new)).await;
            expected.push(EventWithDeliveries {
                event,
                deliveries: vec![new.delivery],
                passed_over: Vec::new(),
            });
        }
    }
    let any = EventFilter::default();
    let fetch = async |request: &_| {
        let page = test
            .reads()
            .list_events(organization.id, &any, request)
            .await?;
        Ok(page.expect("the cursor is the last item's"))
    };
    let listed = walked(fetch, |found| found.event.id.clone()).await?;
    expected.sort_by_key(|found| Reverse((found.event.created_at, found.event.id.clone())));
    assert_eq!(listed, expected);

    let unknown = EventId::generate(test.now(), test.seed.make.entropy());
    let listed = test
        .reads()
        .list_events(organization.id, &any, &after(&unknown))
        .await?;
    assert_eq!(listed, None);
    Ok(())
}

pub async fn events_are_filtered(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let session = test.seed.make.session(&organization);
    test.seed.session(&session).await;
    let early = test.seed.make.event(&session, EventType::SessionCancelled);
    test.seed.events(slice::from_ref(&early)).await;
    test.seed.make.clock.advance(Duration::from_millis(1));
    let late = test.seed.event(&organization).await;
    let check = async |filter: EventFilter, expected: &[&Event]| {
        let page = test
            .reads()
            .list_events(organization.id, &filter, &first(10))
            .await?;
        let listed = page.expect("there is no cursor").items;
        let listed: Vec<&Event> = listed.iter().map(|found| &found.event).collect();
        assert_eq!(listed, expected, "{filter:?}");
        Ok::<(), StoreError>(())
    };
    let any = EventFilter::default;
    check(
        EventFilter {
            event_type: Some(EventType::SessionCancelled),
            ..any()
        },
        &[&early],
    )
    .await?;
    check(
        EventFilter {
            session_id: Some(late.session_id.clone()),
            ..any()
        },
        &[&late],
    )
    .await?;
    check(
        EventFilter {
            created_from: Some(late.created_at),
            ..any()
        },
        &[&late],
    )
    .await?;
    check(
        EventFilter {
            created_to: Some(early.created_at),
            ..any()
        },
        &[&early],
    )
    .await?;
    check(
        EventFilter {
            created_from: Some(early.created_at),
            created_to: Some(late.created_at),
            ..any()
        },
        &[&late, &early],
    )
    .await
}

fn caused_by_attempts(event_type: EventType) -> bool {
    match event_type {
        EventType::SessionExpired | EventType::SessionCancelled => false,
        EventType::SessionSucceeded
        | EventType::SessionFailed
        | EventType::AttemptSucceeded
        | EventType::AttemptFailed => true,
    }
}
