//! Deleting rows by age.

use std::slice;
use std::time::Duration;

use kayle_app::ports::store::{DeliveryFilter, StoreError};
use kayle_delivery::{Delivery, Input, step};
use kayle_events::{Event, EventType};
use kayle_primitives::Timestamp;
use kayle_sessions::{RedirectUrl, Session, SessionState};

use super::pages::first;
use super::{Outcome, TestStore};

pub async fn old_events_are_purged_with_their_deliveries(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let event = test.seed.event(&subscriber.organization).await;
    let endpoint = &subscriber.endpoint;
    let stillborn = test.seed.make.stillborn_delivery(&event, endpoint);
    test.seed.deliveries(slice::from_ref(&stillborn)).await;
    let boundary = test.seed.make.clock.advance(Duration::from_secs(1));
    let young = test.seed.event(&subscriber.organization).await;
    assert_eq!(purge_events(test, boundary, 10).await?, 1);

    let organization_id = subscriber.organization.id;
    let reads = test.reads();
    assert_eq!(reads.find_event(organization_id, &event.id).await?, None);
    let deliveries = reads
        .list_deliveries(organization_id, &DeliveryFilter::default(), &first(10))
        .await?;
    assert_eq!(deliveries.expect("there is no cursor").items, []);
    let attempts = reads.attempts_of(organization_id, &stillborn.delivery.id);
    assert_eq!(attempts.await?, []);
    assert!(is_stored(test, &young).await?);
    // An attempt's id is free again only if its row is gone.
    test.seed.events(slice::from_ref(&event)).await;
    test.seed.deliveries(&[stillborn]).await;
    Ok(())
}

pub async fn an_event_stays_as_long_as_a_payload_is_stored(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let other = test.seed.subscriber(&subscriber.organization).await;
    let event = test.seed.event(&subscriber.organization).await;
    let mut deliveries = Vec::new();
    for to in [&subscriber, &other] {
        let new = test.seed.make.delivery(&event, &to.endpoint, &to.key);
        test.seed.deliveries(slice::from_ref(&new)).await;
        deliveries.push(new.delivery);
    }
    let later = test.seed.make.clock.advance(Duration::from_secs(1));
    for delivery in &deliveries {
        assert_eq!(purge_events(test, later, 10).await?, 0);
        assert!(is_stored(test, &event).await?);
        scrub(test, delivery).await?;
    }
    assert_eq!(purge_events(test, later, 10).await?, 1);
    assert!(!is_stored(test, &event).await?);
    Ok(())
}

pub async fn events_are_purged_the_oldest_first(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    // The oldest one of all waits, and stops none of the others.
    let waiting = test.seed.delivery(&subscriber).await;
    let mut events = Vec::new();
    for _ in 0..3 {
        test.seed.make.clock.advance(Duration::from_millis(1));
        events.push(test.seed.event(&subscriber.organization).await);
    }
    let later = test.seed.make.clock.advance(Duration::from_millis(1));
    assert_eq!(purge_events(test, later, 2).await?, 2);
    let mut stored = Vec::new();
    for event in &events {
        stored.push(is_stored(test, event).await?);
    }
    assert_eq!(stored, [false, false, true]);
    assert_eq!(purge_events(test, later, 2).await?, 1);
    assert_eq!(purge_events(test, later, 2).await?, 0);
    assert_eq!(test.stored(&waiting).await?, waiting);
    Ok(())
}

pub async fn ended_sessions_are_purged_with_their_attempts(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let open = test.seed.make.session(&organization);
    let old = ended(test, &test.seed.make.session(&organization));
    let boundary = test.seed.make.clock.advance(Duration::from_secs(1));
    let young = ended(test, &test.seed.make.session(&organization));
    let mut attempts = Vec::new();
    for session in [&open, &old, &young] {
        test.seed.session(session).await;
        let attempt = test.seed.make.attempt(session);
        let mut tx = test.store.begin().await?;
        tx.insert_attempt(&attempt).await?;
        tx.commit().await?;
        attempts.push(attempt);
    }
    assert_eq!(purge_sessions(test, boundary, 10).await?, 1);

    let sessions = [&open, &old, &young].into_iter().zip(&attempts);
    for (session, attempt) in sessions {
        let is_left = session.id != old.id;
        let found = find(test, session).await?;
        assert_eq!(found.as_ref(), is_left.then_some(session));
        let attempt_id = &attempt.attempt.id;
        let found = test.reads().find_attempt_for_intake(attempt_id).await?;
        assert_eq!(found.as_ref(), is_left.then_some(attempt));
    }
    Ok(())
}

pub async fn events_outlive_their_purged_session(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let session = Session {
        state: SessionState::Cancelled {
            completed_at: test.now(),
        },
        ..test.seed.make.session(&subscriber.organization)
    };
    test.seed.session(&session).await;
    let event = test.seed.make.event(&session, EventType::SessionCancelled);
    test.seed.events(slice::from_ref(&event)).await;
    let (endpoint, key) = (&subscriber.endpoint, &subscriber.key);
    let new = test.seed.make.delivery(&event, endpoint, key);
    test.seed.deliveries(slice::from_ref(&new)).await;
    let later = test.seed.make.clock.advance(Duration::from_secs(1));
    assert_eq!(purge_sessions(test, later, 10).await?, 1);

    assert!(is_stored(test, &event).await?);
    let claimed = test.claim("a", 10).await?;
    let told = claimed
        .iter()
        .map(|claim| (&claim.event, claim.session_suppressed));
    assert_eq!(told.collect::<Vec<_>>(), [(&event, false)]);
    Ok(())
}

pub async fn sessions_are_purged_the_first_ended_first(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let mut sessions = Vec::new();
    for _ in 0..3 {
        test.seed.make.clock.advance(Duration::from_millis(1));
        let session = ended(test, &test.seed.make.session(&organization));
        test.seed.session(&session).await;
        sessions.push(session);
    }
    let later = test.seed.make.clock.advance(Duration::from_millis(1));
    assert_eq!(purge_sessions(test, later, 2).await?, 2);
    let mut found = Vec::new();
    for session in &sessions {
        found.extend(find(test, session).await?);
    }
    assert_eq!(found, sessions[2..]);
    assert_eq!(purge_sessions(test, later, 2).await?, 1);
    assert_eq!(purge_sessions(test, later, 2).await?, 0);
    Ok(())
}

pub async fn ended_sessions_lose_their_redirect_url(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let url = RedirectUrl::from_stored("https://shop.example/back?customer=7".to_owned());
    let make = || Session {
        redirect_url: Some(url.clone()),
        ..test.seed.make.session(&organization)
    };
    let open = make();
    let plain = ended(test, &test.seed.make.session(&organization));
    let mut old = Vec::new();
    for _ in 0..3 {
        test.seed.make.clock.advance(Duration::from_millis(1));
        old.push(ended(test, &make()));
    }
    let boundary = test.seed.make.clock.advance(Duration::from_millis(1));
    let young = ended(test, &make());
    for session in old.iter().chain([&open, &plain, &young]) {
        test.seed.session(session).await;
    }
    let minimize = async || {
        let mut tx = test.store.begin().await?;
        let minimized = tx.minimize_sessions(boundary, 2).await?;
        tx.commit().await?;
        Ok::<_, StoreError>(minimized)
    };
    assert_eq!(minimize().await?, 2);
    assert_eq!(find(test, &old[2]).await?.as_ref(), Some(&old[2]));
    assert_eq!(minimize().await?, 1);
    assert_eq!(minimize().await?, 0);
    for session in old {
        let expected = Session {
            redirect_url: None,
            ..session
        };
        assert_eq!(find(test, &expected).await?, Some(expected));
    }
    for session in [open, plain, young] {
        assert_eq!(find(test, &session).await?, Some(session));
    }
    Ok(())
}

fn ended(test: &TestStore, session: &Session) -> Session {
    Session {
        state: SessionState::Expired {
            completed_at: test.now(),
        },
        ..session.clone()
    }
}

async fn find(test: &TestStore, session: &Session) -> Result<Option<Session>, StoreError> {
    let reads = test.reads();
    reads
        .find_session(session.organization_id, &session.id)
        .await
}

async fn is_stored(test: &TestStore, event: &Event) -> Result<bool, StoreError> {
    let found = test.reads().find_event(event.organization_id, &event.id);
    Ok(found.await?.is_some())
}

async fn scrub(test: &TestStore, delivery: &Delivery) -> Outcome {
    let scrubbed = step(delivery, Input::Withdrawn, test.now()).expect("it has not succeeded");
    test.save(scrubbed.delivery).await.map(drop)
}

async fn purge_events(
    test: &TestStore,
    before: Timestamp,
    limit: usize,
) -> Result<u64, StoreError> {
    let mut tx = test.store.begin().await?;
    let purged = tx.purge_events(before, limit).await?;
    tx.commit().await?;
    Ok(purged)
}

async fn purge_sessions(
    test: &TestStore,
    before: Timestamp,
    limit: usize,
) -> Result<u64, StoreError> {
    let mut tx = test.store.begin().await?;
    let purged = tx.purge_sessions(before, limit).await?;
    tx.commit().await?;
    Ok(purged)
}
