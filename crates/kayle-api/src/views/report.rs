//! What a report of an attempt caused (contract 12).

use kayle_app::sessions::Reported;
use serde::Serialize;
use utoipa::ToSchema;

use super::SessionView;
use crate::wire::{
    Shown, ShownAttemptId, ShownDeliveryId, ShownEventId, ShownFailureCode, ShownTime,
};

#[derive(Serialize, ToSchema)]
#[schema(as = Report)]
pub(crate) struct ReportView {
    attempt: ReportedAttemptView,
    session: SessionView,
    events: Vec<ShownEventId>,
    deliveries: Vec<ShownDeliveryId>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ReportedAttempt)]
struct ReportedAttemptView {
    id: ShownAttemptId,
    outcome: &'static str,
    failure_code: Option<ShownFailureCode>,
    created_at: ShownTime,
}

impl ReportView {
    /// Shows what a report caused; the session's page lies under `verify_url`.
    pub(crate) fn new(reported: &Reported, verify_url: &str) -> Self {
        let attempt = &reported.attempt;
        Self {
            attempt: ReportedAttemptView {
                id: Shown(attempt.id.clone()),
                outcome: attempt.outcome.as_str(),
                failure_code: attempt.outcome.failure_code().map(Shown),
                created_at: Shown(attempt.created_at),
            },
            session: SessionView::new(&reported.session, verify_url),
            events: reported.events.iter().cloned().map(Shown).collect(),
            deliveries: reported.deliveries.iter().cloned().map(Shown).collect(),
        }
    }
}
