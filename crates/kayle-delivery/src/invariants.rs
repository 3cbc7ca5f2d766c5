//! What is always true of a delivery, whatever happened to it.

use crate::delivery::{Delivery, DeliveryState};
use crate::payload::{Payload, ScrubReason, StoredReason};

/// A rule that a delivery breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Violation {
    /// Delivered, yet the payload is stored or is gone for another reason.
    #[error("a succeeded delivery must have had its payload scrubbed as delivered")]
    SucceededKeepsPayload,
    /// Marked as delivered without having succeeded.
    #[error("only a succeeded delivery has its payload scrubbed as delivered")]
    DeliveredWithoutSuccess,
    /// Still to be sent, with nothing to send.
    #[error("a delivery that is still to be sent must store its payload as pending")]
    NothingToSend,
    /// Given up, with a payload that looks as if it were under way.
    #[error("a failed delivery keeps its payload for manual recovery only")]
    FailedLooksPending,
    /// An attempt is counted that nobody knows of, or known without being counted.
    #[error("last_attempt must be set if and only if attempt_count is above 0")]
    CountWithoutAttempt,
}

/// Checks every rule; gives the first one that is broken.
pub fn check(delivery: &Delivery) -> Result<(), Violation> {
    let counted = 0 < delivery.attempt_count;
    if counted != delivery.last_attempt.is_some() {
        return Err(Violation::CountWithoutAttempt);
    }
    let delivered = matches!(
        delivery.payload,
        Payload::Scrubbed {
            reason: ScrubReason::Delivered,
            ..
        }
    );
    let kept_as_pending = matches!(
        delivery.payload,
        Payload::Stored {
            reason: StoredReason::PendingDelivery,
            ..
        }
    );
    let broken = match delivery.state {
        DeliveryState::Succeeded => (!delivered).then_some(Violation::SucceededKeepsPayload),
        DeliveryState::Failed if delivered => Some(Violation::DeliveredWithoutSuccess),
        DeliveryState::Failed => kept_as_pending.then_some(Violation::FailedLooksPending),
        DeliveryState::Pending { .. }
        | DeliveryState::Held { .. }
        | DeliveryState::Delivering { .. } => {
            (!kept_as_pending).then_some(Violation::NothingToSend)
        }
    };
    broken.map_or(Ok(()), Err)
}

#[cfg(test)]
mod tests;
