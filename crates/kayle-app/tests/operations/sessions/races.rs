//! Whatever happens to one session at once, it ends once.

use std::collections::BTreeSet;
use std::sync::Arc;

use kayle_app::sessions::ReportAttemptError;
use kayle_events::{EventType, FailureCode};
use kayle_sessions::{Session, SessionState, SessionStatus};
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};
use strum::IntoEnumIterator;

use crate::world::{
    Racer, at_once, attempt_id, caller_of, claims, event_types, events, failed, session,
    stored_session, subscriber_to, succeeded, text, under,
};

/// How often a race is run: each run is another order of events.
const ROUNDS: usize = 20;

const TERMINAL: [EventType; 4] = EventType::DEFAULT_SUBSCRIPTION;

/// An endpoint that wants everything, and a session.
async fn scene() -> (TestWebhooks, Session) {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    subscriber_to(&kit, &organization, &EventType::iter().collect::<Vec<_>>()).await;
    let session = session(&kit, &organization).await;
    (kit, session)
}

/// Everything that can happen to a session, `each` of every kind; answers do not matter.
fn everybody(kit: &TestWebhooks, session: &Session, each: usize) -> Vec<Racer> {
    let mut racers: Vec<Racer> = Vec::new();
    for _ in 0..each {
        for report in [
            succeeded(claims([])),
            failed(FailureCode::LivenessFailed),
            failed(FailureCode::DocumentAuthenticityFailed),
        ] {
            let (webhooks, id) = (Arc::clone(&kit.webhooks), session.id.clone());
            racers.push(Box::pin(async move {
                drop(webhooks.report_attempt(&id, report).await);
            }));
        }
        let (webhooks, id) = (Arc::clone(&kit.webhooks), session.id.clone());
        racers.push(Box::pin(async move {
            drop(webhooks.begin_session(&id).await);
        }));
        let (webhooks, id) = (Arc::clone(&kit.webhooks), session.id.clone());
        let organization = session.organization_id;
        racers.push(Box::pin(async move {
            let cancelled = webhooks.cancel_session(&caller_of(organization), &id).await;
            cancelled.expect("a cancel is always answered");
        }));
        let webhooks = Arc::clone(&kit.webhooks);
        racers.push(Box::pin(async move {
            webhooks.sweep().await.expect("a sweep goes through");
        }));
    }
    racers
}

/// Returns the terminal events; there is one delivery of each event.
async fn terminal_events(kit: &TestWebhooks, session: &Session) -> Vec<EventType> {
    let events = events(kit, session.organization_id).await;
    assert!(events.iter().all(|it| it.deliveries.len() == 1));
    let types = events.iter().map(|it| it.event.event_type);
    types.filter(|kind| TERMINAL.contains(kind)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_session_ends_once_whoever_comes_first() {
    for _ in 0..ROUNDS {
        let (kit, session) = scene().await;
        at_once(everybody(&kit, &session, 4)).await;
        let ended = stored_session(&kit, &session).await;
        let expected = match ended.state.status() {
            SessionStatus::Succeeded => EventType::SessionSucceeded,
            SessionStatus::Failed => EventType::SessionFailed,
            SessionStatus::Cancelled => EventType::SessionCancelled,
            other @ (SessionStatus::Created
            | SessionStatus::InProgress
            | SessionStatus::Expired) => panic!("the session is {other}"),
        };
        assert_eq!(terminal_events(&kit, &session).await, [expected]);
        let told = events(&kit, session.organization_id).await;
        let failures = told
            .iter()
            .filter(|it| it.event.event_type == EventType::AttemptFailed);
        let spent = ended.nfc_tries_used + ended.liveness_tries_used;
        assert_eq!(failures.count(), usize::from(spent));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_overdue_session_expires_once_whoever_comes_first() {
    for _ in 0..ROUNDS {
        let (kit, session) = scene().await;
        kit.clock.set(session.expires_at);
        at_once(everybody(&kit, &session, 4)).await;
        let told = event_types(&kit, session.organization_id).await;
        assert_eq!(told, [EventType::SessionExpired]);
        let ended = stored_session(&kit, &session).await;
        assert_eq!(ended.state.status(), SessionStatus::Expired);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_failures_at_once_three_are_counted() {
    for _ in 0..ROUNDS {
        let (kit, session) = scene().await;
        let reports = (0..24).map(|_| {
            let (webhooks, id) = (Arc::clone(&kit.webhooks), session.id.clone());
            async move {
                let report = failed(FailureCode::LivenessFailed);
                webhooks.report_attempt(&id, report).await
            }
        });
        let mut counted = BTreeSet::new();
        for answer in at_once(reports.collect()).await {
            match answer {
                Ok(reported) => {
                    counted.insert(reported.session.liveness_tries_used);
                }
                Err(ReportAttemptError::Terminal(status)) => {
                    assert_eq!(status, SessionStatus::Failed);
                }
                Err(other) => panic!("a report was answered with {other:?}"),
            }
        }
        assert_eq!(counted, BTreeSet::from([1, 2, 3]));
        let ended = stored_session(&kit, &session).await;
        assert_eq!(ended.liveness_tries_used, 3);
        assert_eq!(ended.revision, 3);
        let told = terminal_events(&kit, &session).await;
        assert_eq!(told, [EventType::SessionFailed]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_report_that_comes_many_times_at_once_is_answered_alike() {
    for _ in 0..ROUNDS {
        let (kit, session) = scene().await;
        let attempt_id = attempt_id(&kit);
        let reports = (0..16).map(|_| {
            let (webhooks, id) = (Arc::clone(&kit.webhooks), session.id.clone());
            let report = succeeded(claims([("family_name", text("Curie"))]));
            let report = under(&attempt_id, report);
            async move { webhooks.report_attempt(&id, report).await }
        });
        let mut answers = at_once(reports.collect()).await;
        let first = answers.pop().unwrap().unwrap();
        for answer in answers {
            let answer = answer.unwrap();
            assert_eq!(answer.attempt, first.attempt);
            assert_eq!(answer.session.state, first.session.state);
            assert_eq!(answer.events, first.events);
            assert_eq!(answer.deliveries, first.deliveries);
        }
        assert_eq!(events(&kit, session.organization_id).await.len(), 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_reports_at_once_under_one_id_one_is_refused() {
    for _ in 0..ROUNDS {
        let (kit, session) = scene().await;
        let attempt_id = attempt_id(&kit);
        let codes = [FailureCode::LivenessFailed, FailureCode::SelfieFaceMismatch];
        let reports = codes.map(|code| {
            let (webhooks, id) = (Arc::clone(&kit.webhooks), session.id.clone());
            let report = under(&attempt_id, failed(code));
            async move { webhooks.report_attempt(&id, report).await }
        });
        let answers = at_once(reports.into()).await;
        let refused = answers
            .iter()
            .filter(|answer| matches!(answer, Err(ReportAttemptError::AttemptIdReused(_))));
        assert_eq!(refused.count(), 1);
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 1);
        let after = stored_session(&kit, &session).await;
        assert_eq!((after.revision, after.liveness_tries_used), (1, 1));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_one_id_for_two_sessions_at_once_one_is_refused() {
    for _ in 0..ROUNDS {
        let (kit, one) = scene().await;
        let stranger = kit.seed.organization().await;
        let other = session(&kit, &stranger).await;
        let attempt_id = attempt_id(&kit);
        let reports = [one.id.clone(), other.id.clone()].map(|id| {
            let webhooks = Arc::clone(&kit.webhooks);
            let report = under(&attempt_id, failed(FailureCode::LivenessFailed));
            async move { webhooks.report_attempt(&id, report).await }
        });
        let answers = at_once(reports.into()).await;
        let refused = answers
            .iter()
            .filter(|answer| matches!(answer, Err(ReportAttemptError::AttemptIdReused(_))));
        assert_eq!(refused.count(), 1);
        let mut states = Vec::new();
        for session in [&one, &other] {
            states.push(stored_session(&kit, session).await.state);
        }
        let untouched = states.iter().filter(|it| **it == SessionState::Created);
        assert_eq!(untouched.count(), 1, "nothing of the refused one is kept");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn sixteen_scans_at_once_are_all_recorded() {
    for _ in 0..ROUNDS {
        let (kit, session) = scene().await;
        let reports = (0..16).map(|_| {
            let (webhooks, id) = (Arc::clone(&kit.webhooks), session.id.clone());
            async move {
                let report = failed(FailureCode::DocumentDataInvalid);
                webhooks.report_attempt(&id, report).await
            }
        });
        let answers = at_once(reports.collect()).await;
        assert!(answers.iter().all(Result::is_ok));
        assert_eq!(stored_session(&kit, &session).await.revision, 16);
        assert_eq!(events(&kit, session.organization_id).await.len(), 16);
    }
}
