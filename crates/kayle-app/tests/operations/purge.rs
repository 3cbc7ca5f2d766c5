//! What is deleted by age, and what never is.

use std::time::Duration;

use kayle_app::limits::SWEEP_BATCH_MAX;
use kayle_app::ports::store::{Portion, Store};
use kayle_app::retention::{
    AUDIT_RETENTION, EVENT_RETENTION, Purged, SESSION_DETAILS_RETENTION, SESSION_RETENTION,
};
use kayle_delivery::{Input, step};
use kayle_events::EventType;
use kayle_primitives::Organization;
use kayle_sessions::{RedirectUrl, Session, SessionState};
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};

use crate::world::{
    caller_of, deliveries, event_types, first_page, recorded_attempt, session_with, stored_session,
    turn,
};

const DAY: Duration = Duration::from_hours(24);
const MOMENT: Duration = Duration::from_millis(1);

async fn purge(kit: &TestWebhooks) -> Purged {
    kit.webhooks.purge().await.expect("the store is well")
}

/// Stores a session that has just expired, with what leads to the person, and without an event.
async fn ended_session(kit: &TestWebhooks, organization: &Organization) -> Session {
    let completed_at = kit.webhooks.now();
    let url = RedirectUrl::parse("https://customer.example/back").expect("it is https");
    session_with(kit, organization, |session| {
        session.state = SessionState::Expired { completed_at };
        session.redirect_url = Some(url);
    })
    .await
}

/// Looks for a session without touching it.
async fn is_stored(kit: &TestWebhooks, session: &Session) -> bool {
    let found = kit.store.reads().find_session_for_intake(&session.id);
    found.await.expect("the store answers").is_some()
}

#[tokio::test]
async fn a_purge_that_finds_nothing_changes_nothing() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    kit.seed.delivery(&subscriber).await;
    turn(&kit).await;
    assert_eq!(purge(&kit).await, Purged::default());
    assert_eq!(deliveries(&kit, organization.id).await.len(), 1);
}

#[tokio::test]
async fn an_event_goes_after_thirty_days_with_its_deliveries() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    kit.seed.delivery(&subscriber).await;
    turn(&kit).await;
    kit.clock.advance(EVENT_RETENTION);
    assert_eq!(purge(&kit).await.events, 0, "it is thirty days old");
    kit.clock.advance(MOMENT);
    kit.seed.event(&organization).await;
    assert_eq!(purge(&kit).await.events, 1);
    let left = event_types(&kit, organization.id).await;
    assert_eq!(left, [EventType::SessionExpired], "the younger one");
    assert_eq!(deliveries(&kit, organization.id).await, []);
}

#[tokio::test]
async fn an_event_stays_while_one_of_its_deliveries_stores_a_payload() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let delivered = kit.seed.subscriber(&organization).await;
    let waiting = kit.seed.subscriber(&organization).await;
    let event = kit.seed.event(&organization).await;
    for subscriber in [&delivered, &waiting] {
        let new = kit
            .seed
            .make
            .delivery(&event, &subscriber.endpoint, &subscriber.key);
        kit.seed.deliveries(std::slice::from_ref(&new)).await;
    }
    let url = waiting.endpoint.url.as_submitted();
    let refuses = kayle_testkit::sender::Answer::status(500);
    kit.sender.script(url, [refuses]);
    turn(&kit).await;
    kit.clock.advance(EVENT_RETENTION + MOMENT);
    assert_eq!(purge(&kit).await.events, 0);

    let mut tx = kit.seed.begin().await;
    let now = kit.webhooks.now();
    let expired = tx
        .lock_expired_payloads(now, Portion::first(10))
        .await
        .unwrap()
        .items;
    let scrubbed = expired.iter().map(|delivery| {
        let step = step(delivery, Input::PayloadExpired, now);
        step.unwrap().delivery
    });
    tx.save_deliveries(&scrubbed.collect::<Vec<_>>())
        .await
        .unwrap();
    tx.commit().await.unwrap();
    assert_eq!(purge(&kit).await.events, 1);
    assert_eq!(deliveries(&kit, organization.id).await, []);
}

#[tokio::test]
async fn an_ended_session_loses_its_details_after_seven_days_and_goes_after_thirty() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let session = ended_session(&kit, &organization).await;
    let attempt = kit.seed.make.attempt(&session);
    let mut tx = kit.seed.begin().await;
    tx.insert_attempt(&attempt).await.unwrap();
    tx.commit().await.unwrap();

    kit.clock.advance(SESSION_DETAILS_RETENTION);
    assert_eq!(purge(&kit).await, Purged::default());
    kit.clock.advance(MOMENT);
    assert_eq!(purge(&kit).await.minimized, 1);
    assert_eq!(stored_session(&kit, &session).await.redirect_url, None);
    assert_eq!(purge(&kit).await, Purged::default(), "it is done once");

    kit.clock
        .set(session.created_at.plus(SESSION_RETENTION + MOMENT));
    assert_eq!(purge(&kit).await.sessions, 1);
    assert!(!is_stored(&kit, &session).await);
    assert_eq!(recorded_attempt(&kit, &attempt.attempt.id).await, None);
}

#[tokio::test]
async fn a_session_that_has_not_ended_stays() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let session = session_with(&kit, &organization, |_| {}).await;
    kit.clock.advance(SESSION_RETENTION * 2);
    assert_eq!(purge(&kit).await, Purged::default());
    assert!(is_stored(&kit, &session).await);
}

#[tokio::test]
async fn events_outlive_their_session_and_stay_readable() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let session = ended_session(&kit, &organization).await;
    kit.clock.advance(DAY);
    let event = kit.seed.make.event(&session, EventType::SessionExpired);
    kit.seed.events(std::slice::from_ref(&event)).await;
    kit.clock
        .set(session.created_at.plus(SESSION_RETENTION + MOMENT));
    let purged = purge(&kit).await;
    assert_eq!((purged.sessions, purged.events), (1, 0));
    let left = event_types(&kit, organization.id).await;
    assert_eq!(left, [EventType::SessionExpired]);
}

#[tokio::test]
async fn a_purge_goes_on_batch_after_batch_until_nothing_is_old() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let session = ended_session(&kit, &organization).await;
    let old: Vec<_> = (0..=SWEEP_BATCH_MAX)
        .map(|_| kit.seed.make.event(&session, EventType::AttemptFailed))
        .collect();
    kit.seed.events(&old).await;
    kit.clock.advance(EVENT_RETENTION + MOMENT);
    let expected = u64::try_from(SWEEP_BATCH_MAX + 1).unwrap();
    assert_eq!(purge(&kit).await.events, expected);
    assert_eq!(purge(&kit).await, Purged::default());
}

#[tokio::test]
async fn a_purge_that_fails_is_made_up_for() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed.event(&organization).await;
    kit.clock.advance(EVENT_RETENTION + MOMENT);
    kit.store.fail_next(1);
    assert!(kit.webhooks.purge().await.is_err());
    assert_eq!(event_types(&kit, organization.id).await.len(), 1);
    assert_eq!(purge(&kit).await.events, 1);
}

#[tokio::test]
async fn audit_rows_go_after_a_year_and_the_log_says_so() {
    let kit = test_webhooks();
    let organization = kit.webhooks.create_organization("Example Ltd").await;
    let organization = organization.unwrap();
    kit.webhooks
        .freeze_organization(organization.id)
        .await
        .unwrap();
    kit.clock.advance(AUDIT_RETENTION);
    assert_eq!(purge(&kit).await.audit_rows, 0);
    kit.clock.advance(MOMENT);
    kit.webhooks
        .unfreeze_organization(organization.id)
        .await
        .unwrap();
    assert_eq!(purge(&kit).await.audit_rows, 2);

    let page = first_page();
    let rows = kit.webhooks.list_audit_rows(organization.id, &page).await;
    let rows = rows.unwrap().unwrap().items;
    let mut left: Vec<_> = rows
        .iter()
        .map(|row| (row.sequence, row.action.as_str()))
        .collect();
    left.sort_unstable();
    assert_eq!(
        left,
        [(3, "organization.unfrozen"), (4, "audit_log.purged")]
    );
    let purged = rows.iter().find(|row| row.sequence == 4).unwrap();
    assert_eq!(
        (&purged.details["rows"], &purged.details["through"]),
        (&2.into(), &2.into())
    );
    assert_eq!(purged.actor, caller_of(organization.id).actor);
    let verified = kit.webhooks.verify_audit_log(organization.id).await;
    assert_eq!(verified.unwrap().broken, None);
}

#[tokio::test]
async fn the_log_of_each_organization_is_purged_on_its_own() {
    let kit = test_webhooks();
    let old = kit.webhooks.create_organization("Old Ltd").await.unwrap();
    kit.clock.advance(AUDIT_RETENTION + MOMENT);
    let young = kit.webhooks.create_organization("Young Ltd").await.unwrap();
    assert_eq!(purge(&kit).await.audit_rows, 1);
    for organization in [old, young] {
        let page = first_page();
        let rows = kit.webhooks.list_audit_rows(organization.id, &page).await;
        assert_eq!(rows.unwrap().unwrap().items.len(), 1);
        let verified = kit.webhooks.verify_audit_log(organization.id).await;
        assert_eq!(verified.unwrap().broken, None);
    }
}

#[tokio::test]
async fn nothing_is_purged_while_the_clocks_disagree() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let session = ended_session(&kit, &organization).await;
    kit.clock.advance(SESSION_RETENTION + DAY);
    kit.clock.set_doubted(true);
    assert_eq!(purge(&kit).await, Purged::default());
    assert!(is_stored(&kit, &session).await);

    kit.clock.set_doubted(false);
    assert_eq!(purge(&kit).await.sessions, 1);
}
