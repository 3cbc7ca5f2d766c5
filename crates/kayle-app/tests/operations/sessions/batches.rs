//! What is reported at once is written together, and nobody fails because of another.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use kayle_app::dispatch::{LeftBehind, SlotLimits, Slots};
use kayle_app::sessions::ReportAttemptError;
use kayle_delivery::{DeliveryStatus, Input, step};
use kayle_events::FailureCode;
use kayle_primitives::SessionId;
use kayle_sessions::SessionStatus;
use kayle_testkit::webhooks::test_webhooks;
use tokio::join;

use crate::world::{
    attempt_id, claim, claims, deliveries, events, failed, prepare, requests, session,
    session_with, share_contract, stored_session, succeeded, text, under, was_woken,
};

/// Returns slots of a dispatcher that nothing waits for.
fn slots(per_endpoint: usize) -> Arc<Slots> {
    let slots = Arc::new(Slots::new(SlotLimits {
        total: 100,
        per_endpoint,
        per_destination: 100,
    }));
    slots.note_left_behind(LeftBehind::OfBusyEndpoints);
    slots
}

#[tokio::test]
async fn each_of_a_batch_is_answered_for_itself() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed.subscriber(&organization).await;
    let [first, second, unshared] = [
        session(&kit, &organization).await,
        session(&kit, &organization).await,
        session_with(&kit, &organization, |it| {
            it.share_contract = share_contract(&["age_over_18"]);
        })
        .await,
    ];
    let overdue = session_with(&kit, &organization, |it| {
        it.expires_at = kit.seed.make.now();
    })
    .await;
    let unknown = SessionId::generate(kit.seed.make.now(), kit.seed.make.entropy());
    let foreign = claims([("family_name", text("Curie"))]);

    let report = |id, report| kit.webhooks.report_attempt(id, report);
    let answers = join!(
        report(&first.id, succeeded(claims([]))),
        report(&unknown, succeeded(claims([]))),
        report(&unshared.id, succeeded(foreign)),
        report(&overdue.id, succeeded(claims([]))),
        report(&second.id, failed(FailureCode::LivenessFailed)),
        kit.webhooks.begin_session(&unshared.id),
    );

    let told = answers.0.expect("it is well formed");
    assert_eq!(told.session, stored_session(&kit, &first).await);
    assert_eq!((told.events.len(), told.deliveries.len()), (1, 1));
    assert!(matches!(answers.1, Err(ReportAttemptError::NotFound)));
    assert!(matches!(answers.2, Err(ReportAttemptError::Claims(_))));
    assert!(matches!(answers.3, Err(ReportAttemptError::Expired)));
    let tried = answers.4.expect("it is well formed");
    assert_eq!(tried.session.liveness_tries_used, 1);
    let begun = answers.5.expect("it is active");
    assert_eq!(begun.state.status(), SessionStatus::InProgress);
    // One is told of its success, the other that it expired.
    assert_eq!(requests(&kit).await.len(), 2);
    assert_eq!(events(&kit, organization.id).await.len(), 2);
}

#[tokio::test]
async fn one_report_that_comes_many_times_at_once_counts_once() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let session = session(&kit, &organization).await;
    let id = attempt_id(&kit);
    let report = || under(&id, failed(FailureCode::LivenessFailed));
    let reports = (0..20).map(|_| kit.webhooks.report_attempt(&session.id, report()));
    for reported in futures_util::future::join_all(reports).await {
        assert_eq!(reported.expect("it is repeated").attempt.id, id);
    }
    assert_eq!(stored_session(&kit, &session).await.liveness_tries_used, 1);
}

#[tokio::test]
async fn a_store_that_fails_is_told_to_all_of_a_batch() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let first = session(&kit, &organization).await;
    let others = [
        session(&kit, &organization).await,
        session(&kit, &organization).await,
    ];
    let report = |id| Box::pin(kit.webhooks.report_attempt(id, succeeded(claims([]))));
    let mut leader = report(&first.id);
    let [mut one, mut two] = [report(&others[0].id), report(&others[1].id)];
    // Somebody has the turn to write, so that two more come while the first one waits for it.
    let turn = kit.seed.begin().await;
    assert!((&mut leader).now_or_never().is_none());
    assert!((&mut one).now_or_never().is_none());
    assert!((&mut two).now_or_never().is_none());
    drop((leader, turn));
    kit.store.fail_next(1);
    for refused in [one.await, two.await] {
        assert!(matches!(refused, Err(ReportAttemptError::Store(_))));
    }
    let again = report(&others[0].id).await;
    again.expect("the store works again");
}

#[tokio::test]
async fn a_caller_that_hangs_up_in_the_middle_takes_nobody_along() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let [first, second] = [
        session(&kit, &organization).await,
        session(&kit, &organization).await,
    ];
    let mut leader = Box::pin(
        kit.webhooks
            .report_attempt(&first.id, succeeded(claims([]))),
    );
    let other = kit
        .webhooks
        .report_attempt(&second.id, succeeded(claims([])));
    let mut other = Box::pin(other);
    // Somebody has the turn to write, so that the leader gets no further.
    let turn = kit.seed.begin().await;
    assert!((&mut leader).now_or_never().is_none());
    assert!((&mut other).now_or_never().is_none());
    drop(leader);
    drop(turn);
    other.await.expect("it is well formed");
    let left = stored_session(&kit, &first).await;
    assert_eq!(left.state.status(), SessionStatus::Created);
}

#[tokio::test]
async fn a_new_delivery_is_handed_over_leased_and_sent_without_a_claim() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed.subscriber(&organization).await;
    let [first, second] = [
        session(&kit, &organization).await,
        session(&kit, &organization).await,
    ];
    let mut new = kit.webhooks.take_new_deliveries(slots(1));
    let report = |id| kit.webhooks.report_attempt(id, succeeded(claims([])));
    report(&first.id).await.unwrap();
    assert!(!was_woken(&kit), "nothing waits in the queue");
    assert_eq!(requests(&kit).await.len(), 0, "nothing can be claimed");

    let handed_over = new.recv().await.unwrap();
    let leased = deliveries(&kit, organization.id).await.remove(0);
    assert_eq!(leased.status(), DeliveryStatus::Delivering);
    assert_eq!(handed_over.claim.deliveries[0].delivery, leased);
    let prepared = kit.webhooks.prepare_unseen(handed_over.claim);
    assert_eq!(prepared.to_send.len(), 1);

    kit.webhooks.leave_new_deliveries();
    report(&second.id).await.unwrap();
    assert!(was_woken(&kit));
    assert_eq!(requests(&kit).await.len(), 1);
}

#[tokio::test]
async fn what_is_new_for_a_full_destination_waits_and_others_are_handed_over() {
    let kit = test_webhooks();
    let slots = Arc::new(Slots::new(SlotLimits {
        total: 100,
        per_endpoint: 100,
        per_destination: 1,
    }));
    slots.note_left_behind(LeftBehind::OfBusyEndpoints);
    let mut new = kit.webhooks.take_new_deliveries(slots);
    let mut handed_over = Vec::new();
    for url in [
        "https://shared.example/a",
        "https://shared.example/b",
        "https://elsewhere.example/",
    ] {
        let organization = kit.seed.organization().await;
        kit.seed.subscriber_at(&organization, url).await;
        let session = session(&kit, &organization).await;
        let reported = kit
            .webhooks
            .report_attempt(&session.id, succeeded(claims([])));
        reported.await.unwrap();
        handed_over.push(new.try_recv().ok());
    }
    let was_handed_over: Vec<bool> = handed_over.iter().map(Option::is_some).collect();
    assert_eq!(was_handed_over, [true, false, true]);
    assert_eq!(requests(&kit).await.len(), 1, "one waits in the queue");
}

#[tokio::test]
async fn what_was_withdrawn_while_it_waited_for_its_turn_is_not_sent() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed.subscriber(&organization).await;
    let session = session(&kit, &organization).await;
    let mut new = kit.webhooks.take_new_deliveries(slots(1));
    let reported = kit
        .webhooks
        .report_attempt(&session.id, succeeded(claims([])));
    let reported = reported.await.unwrap();
    let claim = new.recv().await.unwrap().claim;
    let ready = kit.webhooks.prepare_unseen(claim).to_send.remove(0);

    kit.clock.advance(Duration::from_millis(101));
    let delivery = kit
        .webhooks
        .get_delivery(organization.id, &reported.deliveries[0]);
    let mut withdrawn = delivery.await.unwrap().unwrap().delivery;
    let step = step(&withdrawn, Input::Withdrawn, kit.webhooks.now());
    withdrawn = step.unwrap().delivery;
    let mut tx = kit.seed.begin().await;
    tx.save_deliveries(&[withdrawn]).await.unwrap();
    tx.commit().await.unwrap();
    assert!(kit.webhooks.recheck(ready).await.unwrap().is_none());
}

#[tokio::test]
async fn what_has_no_slot_waits_in_the_queue_and_comes_before_what_is_new() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed.subscriber(&organization).await;
    let slots = slots(1);
    let mut new = kit.webhooks.take_new_deliveries(Arc::clone(&slots));
    let mut handed_over = Vec::new();
    for _ in 0..3 {
        let session = session(&kit, &organization).await;
        let reported = kit
            .webhooks
            .report_attempt(&session.id, succeeded(claims([])));
        reported.await.unwrap();
        handed_over.extend(new.try_recv().ok());
    }
    assert_eq!(handed_over.len(), 1, "there is one slot");
    drop(handed_over);
    let session = session(&kit, &organization).await;
    let reported = kit
        .webhooks
        .report_attempt(&session.id, succeeded(claims([])));
    reported.await.unwrap();
    assert!(new.try_recv().is_err(), "two others come before it");
    assert_eq!(prepare(&kit, claim(&kit).await).await.to_send.len(), 3);
}
