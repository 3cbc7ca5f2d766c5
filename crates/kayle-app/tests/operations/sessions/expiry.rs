//! A session expires by itself, and whoever touches it first says so.

use std::time::Duration;

use kayle_app::ports::store::SessionFilter;
use kayle_app::sessions::ReportAttemptError;
use kayle_events::{EventType, FailureCode};
use kayle_sessions::{Session, SessionState, SessionStatus};
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};
use serde_json::json;

use crate::world::{
    attempt_id, caller_of, claims, decrypted, event_types, everything, failed, first_page,
    recorded_attempt, requests, session, stored_session, succeeded, under, was_woken,
};

#[derive(Debug, Clone, Copy)]
enum Touch {
    Get,
    List,
    Begin,
    Report,
    Cancel,
    Sweep,
}

impl Touch {
    const ALL: [Self; 6] = [
        Self::Get,
        Self::List,
        Self::Begin,
        Self::Report,
        Self::Cancel,
        Self::Sweep,
    ];

    async fn happen(self, kit: &TestWebhooks, session: &Session) {
        let webhooks = &kit.webhooks;
        let organization = session.organization_id;
        match self {
            Self::Get => drop(webhooks.get_session(organization, &session.id).await),
            Self::List => {
                let filter = SessionFilter::default();
                let page = first_page();
                drop(webhooks.list_sessions(organization, &filter, &page).await);
            }
            Self::Begin => drop(webhooks.begin_session(&session.id).await),
            Self::Report => {
                let report = succeeded(claims([]));
                drop(webhooks.report_attempt(&session.id, report).await);
            }
            Self::Cancel => drop(
                webhooks
                    .cancel_session(&caller_of(organization), &session.id)
                    .await,
            ),
            Self::Sweep => drop(webhooks.sweep().await),
        }
    }
}

#[tokio::test]
async fn whoever_touches_an_overdue_session_first_expires_it_once() {
    for first in Touch::ALL {
        let kit = test_webhooks();
        let organization = kit.seed.organization().await;
        kit.seed.subscriber(&organization).await;
        let session = session(&kit, &organization).await;
        kit.clock.set(session.expires_at);
        first.happen(&kit, &session).await;

        let expired = stored_session(&kit, &session).await;
        let completed_at = session.expires_at;
        assert_eq!(
            expired.state,
            SessionState::Expired { completed_at },
            "{first:?}"
        );
        assert!(was_woken(&kit), "{first:?}");
        let after = everything(&kit, organization.id).await;
        kit.clock.advance(Duration::from_secs(1));
        for next in Touch::ALL {
            next.happen(&kit, &session).await;
        }
        assert_eq!(everything(&kit, organization.id).await, after, "{first:?}");
        let told = event_types(&kit, organization.id).await;
        assert_eq!(told, [EventType::SessionExpired], "{first:?}");
    }
}

#[tokio::test]
async fn nobody_expires_a_session_inside_its_window() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let session = session(&kit, &organization).await;
    kit.clock
        .set(session.expires_at.minus(Duration::from_millis(1)));
    let before = everything(&kit, organization.id).await;
    for touch in [Touch::Get, Touch::List, Touch::Sweep] {
        touch.happen(&kit, &session).await;
    }
    assert_eq!(everything(&kit, organization.id).await, before);
}

#[tokio::test]
async fn an_expired_session_is_told_without_any_data() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed.subscriber(&organization).await;
    let session = session(&kit, &organization).await;
    kit.clock.set(session.expires_at);
    kit.webhooks.sweep().await.unwrap();
    let payload = decrypted(&requests(&kit).await[0]);
    assert_eq!(payload["type"], "verification.session.expired");
    assert_eq!(payload["data"], json!({}));
}

#[tokio::test]
async fn a_report_past_the_window_is_refused_and_not_recorded() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let session = session(&kit, &organization).await;
    kit.clock.set(session.expires_at);
    let id = attempt_id(&kit);
    let report = || under(&id, failed(FailureCode::LivenessFailed));
    let refused = kit.webhooks.report_attempt(&session.id, report()).await;
    assert!(matches!(refused, Err(ReportAttemptError::Expired)));
    let refused = kit.webhooks.report_attempt(&session.id, report()).await;
    assert!(matches!(
        refused,
        Err(ReportAttemptError::Terminal(SessionStatus::Expired))
    ));
    assert_eq!(recorded_attempt(&kit, &id).await, None);
}

#[tokio::test]
async fn a_list_shows_overdue_sessions_as_expired() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let overdue = session(&kit, &organization).await;
    kit.clock.set(overdue.expires_at);
    let fresh = session(&kit, &organization).await;
    let listed = |status| {
        let filter = SessionFilter {
            status: Some(status),
            ..SessionFilter::default()
        };
        let (webhooks, id) = (kit.webhooks.clone(), organization.id);
        async move {
            let page = webhooks.list_sessions(id, &filter, &first_page()).await;
            let items = page.expect("the store is well").items;
            items.into_iter().map(|it| it.id).collect::<Vec<_>>()
        }
    };
    assert_eq!(listed(SessionStatus::Created).await, [fresh.id]);
    assert_eq!(listed(SessionStatus::Expired).await, [overdue.id]);
}
