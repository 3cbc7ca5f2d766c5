//! What a retry of failed deliveries did (contract 14.4).

use kayle_app::deliveries::RetriedFailed;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::{Shown, ShownTime};

#[derive(Serialize, ToSchema)]
#[schema(as = RetriedFailed)]
pub(crate) struct RetriedFailedView {
    /// How many deliveries were meant: the sum of the three that follow.
    matched: usize,
    /// How many are retried, or would be.
    requeued: usize,
    /// How many have no payload any more, counted up to 10,000.
    not_retained: usize,
    /// How many must not be sent because the person withdrew, counted up to 10,000.
    withdrawn: usize,
    /// The end of the span.
    failed_until: ShownTime,
    /// Whether more can be retried than one call does: then call again.
    more: bool,
}

impl From<RetriedFailed> for RetriedFailedView {
    fn from(retried: RetriedFailed) -> Self {
        Self {
            matched: retried.matched(),
            requeued: retried.requeued,
            not_retained: retried.not_retained,
            withdrawn: retried.withdrawn,
            failed_until: Shown(retried.failed_until),
            more: retried.more,
        }
    }
}
