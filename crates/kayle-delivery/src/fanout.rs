//! Fan-out: making one delivery per subscribed endpoint (contract 7.1).
//!
//! [`recipients`] chooses, the caller encrypts for each, [`born`] makes the row. Nothing else makes
//! deliveries, and nothing adds one to an old event.

use std::time::Duration;

use kayle_endpoints::Endpoint;
use kayle_events::Event;
use kayle_primitives::{DeliveryAttemptId, DeliveryId, EncryptionKeyId, EndpointId, Timestamp};

use crate::attempt::{Attempt, AttemptOutcome};
use crate::delivery::{Delivery, DeliveryState, LastAttempt};
use crate::payload::{Payload, ScrubReason, StoredReason};
use crate::schedule::RetrySchedule;
use crate::step::{Step, payload_lifetime};

/// What fan-out must know of an endpoint.
pub trait Recipient {
    /// Returns the endpoint.
    fn endpoint(&self) -> &Endpoint;
}

/// Chooses the endpoints that get `event`: enabled ones of its organization, among `targets`
/// (none means all), that subscribe to its type. Keeps the order.
pub fn recipients<'a, R: Recipient>(
    event: &Event,
    targets: &[EndpointId],
    candidates: &'a [R],
) -> Vec<&'a R> {
    let wants = |endpoint: &Endpoint| {
        endpoint.organization_id == event.organization_id
            && (targets.is_empty() || targets.contains(&endpoint.id))
            && endpoint.wants(event.event_type)
    };
    candidates
        .iter()
        .filter(|candidate| wants(candidate.endpoint()))
        .collect()
}

/// What encryption made for one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Encrypted {
    /// The payload is ready, for this key.
    With(EncryptionKeyId),
    /// The endpoint has no active key.
    NoActiveKey,
    /// The active key could not be used.
    Failed(EncryptionKeyId),
}

/// The names of a delivery to be born.
#[derive(Debug, Clone)]
pub struct Birth {
    /// The delivery's id.
    pub id: DeliveryId,
    /// The id of the failed attempt that is recorded when nothing could be encrypted.
    pub attempt_id: DeliveryAttemptId,
}

/// Makes the delivery of `event` to `endpoint`: pending if its payload is ready, else failed for
/// good, with one recorded attempt.
pub fn born(
    birth: Birth,
    event: &Event,
    endpoint: &Endpoint,
    encrypted: Encrypted,
    schedule: &RetrySchedule,
    now: Timestamp,
) -> Step {
    match encrypted {
        Encrypted::With(key_id) => {
            let delivery = waiting(birth.id, event, endpoint, key_id, schedule, now);
            Step {
                delivery,
                attempt: None,
            }
        }
        Encrypted::NoActiveKey => stillborn(
            birth,
            event,
            endpoint,
            (None, ScrubReason::NoActiveKey),
            now,
        ),
        Encrypted::Failed(key_id) => {
            let why = (Some(key_id), ScrubReason::JweCreationFailed);
            stillborn(birth, event, endpoint, why, now)
        }
    }
}

fn waiting(
    id: DeliveryId,
    event: &Event,
    endpoint: &Endpoint,
    key_id: EncryptionKeyId,
    schedule: &RetrySchedule,
    now: Timestamp,
) -> Delivery {
    Delivery {
        id,
        organization_id: event.organization_id,
        event_id: event.id.clone(),
        endpoint_id: endpoint.id.clone(),
        encryption_key_id: Some(key_id),
        state: DeliveryState::Pending {
            due_at: now.plus(schedule.first_delay()),
        },
        attempt_count: 0,
        last_attempt: None,
        payload: Payload::Stored {
            expires_at: now.plus(payload_lifetime(schedule, endpoint.retention)),
            reason: StoredReason::PendingDelivery,
        },
        created_at: now,
        updated_at: now,
    }
}

fn stillborn(
    birth: Birth,
    event: &Event,
    endpoint: &Endpoint,
    (encryption_key_id, reason): (Option<EncryptionKeyId>, ScrubReason),
    now: Timestamp,
) -> Step {
    let attempt = Attempt {
        id: birth.attempt_id,
        delivery_id: birth.id.clone(),
        outcome: AttemptOutcome::NotEncrypted,
        duration: Duration::ZERO,
        attempted_at: now,
    };
    let delivery = Delivery {
        id: birth.id,
        organization_id: event.organization_id,
        event_id: event.id.clone(),
        endpoint_id: endpoint.id.clone(),
        encryption_key_id,
        state: DeliveryState::Failed,
        attempt_count: 1,
        last_attempt: Some(LastAttempt {
            at: now,
            status_code: None,
        }),
        payload: Payload::Scrubbed { at: now, reason },
        created_at: now,
        updated_at: now,
    };
    Step {
        delivery,
        attempt: Some(attempt),
    }
}

#[cfg(test)]
mod tests;
