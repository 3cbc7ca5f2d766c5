//! A person asks for all that failed in a span of time again (contract 14.4).
//!
//! What can be requeued is walked in the order of its last attempts, a few hundred a transaction,
//! and leaves the walk by being requeued: whoever asks again gets the rest. What has lost its
//! payload stays where it is, and is only counted.

use kayle_delivery::{Delivery, Input, step};
use kayle_primitives::{DeliveryId, Timestamp};
use serde_json::{Value, json};

use crate::Webhooks;
use crate::access::Caller;
use crate::audit::AuditAction;
use crate::limits::{RETRIED_AT_ONCE_MAX, RETRIED_PER_CALL_MAX};
use crate::ports::store::{FailedFilter, FailedPlace, StoreError};

/// What came of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RetriedFailed {
    /// Deliveries that were requeued, or would be.
    pub requeued: usize,
    /// Deliveries whose payload is no longer retained, counted up to 10,000.
    pub not_retained: usize,
    /// Deliveries whose person withdrew, counted up to 10,000.
    pub withdrawn: usize,
    /// The end of the span, for the call that follows a preview.
    pub failed_until: Timestamp,
    /// Whether more can be requeued than one call does.
    pub more: bool,
}

impl RetriedFailed {
    /// Returns how many deliveries were meant.
    pub fn matched(&self) -> usize {
        self.requeued + self.not_retained + self.withdrawn
    }
}

impl Webhooks {
    /// Counts what [`Self::retry_failed`] would do, and changes nothing.
    pub async fn preview_retry_of_failed(
        &self,
        caller: &Caller,
        filter: &FailedFilter,
    ) -> Result<RetriedFailed, StoreError> {
        let counts = self
            .store
            .reads()
            .count_failed(caller.organization_id, filter, RETRIED_PER_CALL_MAX + 1)
            .await?;
        Ok(RetriedFailed {
            requeued: counts.retained.min(RETRIED_PER_CALL_MAX),
            not_retained: counts.not_retained.min(RETRIED_PER_CALL_MAX),
            withdrawn: counts.withdrawn.min(RETRIED_PER_CALL_MAX),
            failed_until: filter.until,
            more: RETRIED_PER_CALL_MAX < counts.retained,
        })
    }

    /// Requeues failed deliveries, the longest failed first, at most 10,000. Each transaction has
    /// its row in the audit log; after an error those before it stay requeued.
    pub async fn retry_failed(
        &self,
        caller: &Caller,
        filter: &FailedFilter,
    ) -> Result<RetriedFailed, StoreError> {
        let preview = self.preview_retry_of_failed(caller, filter).await?;
        let mut requeued = 0;
        let mut after: Option<FailedPlace> = None;
        while requeued < RETRIED_PER_CALL_MAX {
            let limit = RETRIED_AT_ONCE_MAX.min(RETRIED_PER_CALL_MAX - requeued);
            let portion = self.retry_portion(caller, filter, after, limit).await?;
            requeued += portion.requeued;
            after = portion.last;
            if after.is_none() {
                break;
            }
        }
        Ok(RetriedFailed {
            requeued,
            more: after.is_some() && preview.more,
            ..preview
        })
    }

    /// Requeues the next ones beyond a place, in one transaction.
    async fn retry_portion(
        &self,
        caller: &Caller,
        filter: &FailedFilter,
        after: Option<FailedPlace>,
        limit: usize,
    ) -> Result<RetriedPortion, StoreError> {
        let mut tx = self.change(caller).await?;
        let found = tx
            .lock_failed(caller.organization_id, filter, after.as_ref(), limit)
            .await?;
        let now = self.clock.now();
        let steps = found.deliveries.iter();
        let steps = steps.filter_map(|delivery| step(delivery, Input::Requeued, now).ok());
        let requeued: Vec<Delivery> = steps.map(|step| step.delivery).collect();
        let portion = RetriedPortion {
            requeued: requeued.len(),
            last: found.last,
        };
        if requeued.is_empty() {
            return Ok(portion);
        }
        tx.save_deliveries(&requeued).await?;
        let subject = subject_of(filter, &requeued[0].id);
        let details = details_of(filter, requeued.len());
        tx.commit(AuditAction::DeliveriesRetried, &subject, details)
            .await?;
        self.wakeup.wake();
        Ok(portion)
    }
}

/// What one transaction did.
struct RetriedPortion {
    requeued: usize,
    /// Where the next one goes on; `None` if there is nothing beyond.
    last: Option<FailedPlace>,
}

/// Returns what the row of the audit log is about: the endpoint, or the first delivery if several
/// endpoints are meant.
fn subject_of(filter: &FailedFilter, first: &DeliveryId) -> String {
    let endpoint = filter.endpoint_id.as_ref().map(ToString::to_string);
    endpoint.unwrap_or_else(|| first.to_string())
}

fn details_of(filter: &FailedFilter, requeued: usize) -> Value {
    json!({
        "requeued_deliveries": requeued,
        "failed_since": filter.since.to_string(),
        "failed_until": filter.until.to_string(),
        "event_type": filter.event_type.map(kayle_events::EventType::as_str),
        "failure_reason": filter.failure_reason.map(kayle_delivery::AttemptFailure::as_str),
    })
}
