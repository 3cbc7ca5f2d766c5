//! A person asks for an event again: every delivery of it that can be requeued (contract 3.5, V3).

use kayle_delivery::{Delivery, Input, InvalidTransition, RequeueRefusal, step};
use kayle_primitives::EventId;
use serde_json::json;

use crate::Webhooks;
use crate::access::Caller;
use crate::audit::AuditAction;
use crate::ports::store::{EventWithDeliveries, StoreError};

/// Nothing was requeued.
#[derive(Debug, thiserror::Error)]
pub enum ReplayEventError {
    /// The organization has no such event.
    #[error("the event does not exist")]
    NotFound,
    /// It is a test, which is sent once.
    #[error("a test is sent once; send another one")]
    IsTest,
    /// Every delivery's payload is gone.
    #[error("no delivery of the event has a payload that is still retained")]
    PayloadsGone,
    /// The event has no deliveries, or some are in progress and none can be requeued.
    #[error("the event has nothing that can be replayed")]
    NothingReplayable,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Webhooks {
    /// Requeues what can be requeued, and returns the event as it is then.
    pub async fn replay_event(
        &self,
        caller: &Caller,
        id: &EventId,
    ) -> Result<EventWithDeliveries, ReplayEventError> {
        let organization_id = caller.organization_id;
        let mut tx = self.change(caller).await?;
        let deliveries = tx.lock_deliveries_of_event(organization_id, id).await?;
        let found = tx.reads().find_event(organization_id, id).await?;
        let found = found.ok_or(ReplayEventError::NotFound)?;
        if found.event.is_test() {
            return Err(ReplayEventError::IsTest);
        }
        let now = self.clock.now();
        let steps: Vec<_> = deliveries
            .iter()
            .map(|delivery| step(delivery, Input::Requeued, now))
            .collect();
        let requeued: Vec<Delivery> = steps
            .iter()
            .flatten()
            .map(|step| step.delivery.clone())
            .collect();
        if requeued.is_empty() {
            let gone = InvalidTransition::Requeue(RequeueRefusal::PayloadGone);
            let all_gone = !steps.is_empty()
                && steps
                    .iter()
                    .all(|step| step.as_ref().is_err_and(|error| *error == gone));
            return Err(if all_gone {
                ReplayEventError::PayloadsGone
            } else {
                ReplayEventError::NothingReplayable
            });
        }
        tx.save_deliveries(&requeued).await?;
        let details = json!({ "requeued_deliveries": requeued.len() });
        tx.commit(AuditAction::EventReplayed, id.as_str(), details)
            .await?;
        self.wakeup.wake();
        let deliveries = deliveries
            .into_iter()
            .zip(steps)
            .map(|(before, step)| step.map_or(before, |step| step.delivery))
            .collect();
        Ok(EventWithDeliveries {
            deliveries,
            ..found
        })
    }
}
