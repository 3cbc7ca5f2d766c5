//! A person asks for one delivery again (contract 3.4, L2).

use kayle_delivery::{Delivery, Input, InvalidTransition, RequeueRefusal, step};
use kayle_primitives::DeliveryId;
use serde_json::json;

use crate::Webhooks;
use crate::access::Caller;
use crate::audit::AuditAction;
use crate::ports::store::StoreError;

/// The delivery was not requeued.
#[derive(Debug, thiserror::Error)]
pub enum RetryDeliveryError {
    /// The organization has no such delivery.
    #[error("the delivery does not exist")]
    NotFound,
    /// An attempt is under way.
    #[error("the delivery is in progress")]
    InProgress,
    /// It is a test, which is sent once.
    #[error("a test is sent once; send another one")]
    IsTest,
    /// Its payload is no longer retained.
    #[error("the delivery's payload is no longer retained")]
    PayloadGone,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Webhooks {
    /// Requeues a delivery: a full schedule starts at once, with the same bytes.
    pub async fn retry_delivery(
        &self,
        caller: &Caller,
        id: &DeliveryId,
    ) -> Result<Delivery, RetryDeliveryError> {
        let mut tx = self.change(caller).await?;
        let delivery = tx.lock_delivery(caller.organization_id, id).await?;
        let delivery = delivery.ok_or(RetryDeliveryError::NotFound)?;
        let requeued = match step(&delivery, Input::Requeued, self.clock.now()) {
            Ok(step) => step.delivery,
            Err(InvalidTransition::Requeue(RequeueRefusal::PayloadGone)) => {
                return Err(RetryDeliveryError::PayloadGone);
            }
            Err(InvalidTransition::Requeue(RequeueRefusal::IsTest)) => {
                return Err(RetryDeliveryError::IsTest);
            }
            Err(
                InvalidTransition::Requeue(RequeueRefusal::InProgress)
                | InvalidTransition::State { .. },
            ) => return Err(RetryDeliveryError::InProgress),
        };
        tx.save_deliveries(std::slice::from_ref(&requeued)).await?;
        let action = AuditAction::DeliveryRetried;
        tx.commit(action, id.as_str(), json!({})).await?;
        self.wakeup.wake();
        Ok(requeued)
    }
}
