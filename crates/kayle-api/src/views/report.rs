//! What a report of an attempt caused (contract 12).

use kayle_app::sessions::Reported;
use kayle_events::FailureCode;
use kayle_primitives::{DeliveryId, EventId};
use serde::Serialize;

use super::{SessionView, time};

#[derive(Serialize)]
pub(crate) struct ReportView {
    attempt: ReportedAttemptView,
    session: SessionView,
    events: Vec<String>,
    deliveries: Vec<String>,
}

#[derive(Serialize)]
struct ReportedAttemptView {
    id: String,
    outcome: &'static str,
    failure_code: Option<&'static str>,
    created_at: String,
}

impl ReportView {
    /// Shows what a report caused; the session's page lies under `verify_url`.
    pub(crate) fn new(reported: &Reported, verify_url: &str) -> Self {
        let attempt = &reported.attempt;
        Self {
            attempt: ReportedAttemptView {
                id: attempt.id.to_string(),
                outcome: attempt.outcome.as_str(),
                failure_code: attempt.outcome.failure_code().map(FailureCode::as_str),
                created_at: time(attempt.created_at),
            },
            session: SessionView::new(&reported.session, verify_url),
            events: reported.events.iter().map(EventId::to_string).collect(),
            deliveries: reported
                .deliveries
                .iter()
                .map(DeliveryId::to_string)
                .collect(),
        }
    }
}
