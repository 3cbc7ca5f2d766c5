//! Fan-out: making one delivery per subscribed endpoint (contract 7.1).
//!
//! [`recipients`] chooses, the caller encrypts for each, [`Birth::create`] makes the row. Nothing else makes
//! deliveries, and nothing adds one to an old event.

use std::time::Duration;

use kayle_endpoints::Endpoint;
use kayle_events::Event;
use kayle_primitives::{
    DeliveryAttemptId, DeliveryId, EncryptionKeyId, EndpointId, Timestamp, UnknownName,
};
use strum::{EnumIter, EnumString, IntoStaticStr};

use crate::attempt::{Attempt, AttemptOutcome, Phases};
use crate::delivery::{Delivery, DeliveryState, LastAttempt};
use crate::payload::{Payload, ScrubReason, StoredReason};
use crate::schedule::RetrySchedule;
use crate::step::{LATENESS_MAX, Step, payload_lifetime};

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

/// The most endpoints that an event remembers to have passed over.
pub const PASSED_OVER_MAX: usize = 50;

/// An endpoint that got no delivery of an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PassedOver {
    /// The endpoint.
    pub endpoint_id: EndpointId,
    /// Why.
    pub reason: PassedOverReason,
}

/// Why an endpoint got no delivery of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr, EnumString, EnumIter)]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownName<PassedOverReason>, parse_err_fn = UnknownName::of)]
pub enum PassedOverReason {
    /// It did not subscribe to the event's type.
    NotSubscribed,
    /// It was disabled.
    Disabled,
    /// The session named other endpoints.
    NotTargeted,
    /// The person withdrew, and the endpoint had been told how the session ended before.
    Withdrawn,
}

impl PassedOverReason {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Names the endpoints that do not get `event`, at most [`PASSED_OVER_MAX`], and why. Keeps the
/// order.
pub fn passed_over<R: Recipient>(
    event: &Event,
    targets: &[EndpointId],
    candidates: &[R],
) -> Vec<PassedOver> {
    let reason = |endpoint: &Endpoint| {
        if !targets.is_empty() && !targets.contains(&endpoint.id) {
            Some(PassedOverReason::NotTargeted)
        } else if !endpoint.is_enabled() {
            Some(PassedOverReason::Disabled)
        } else if !endpoint.wants(event.event_type) {
            Some(PassedOverReason::NotSubscribed)
        } else {
            None
        }
    };
    let endpoints = candidates.iter().map(Recipient::endpoint);
    let passed_over = endpoints.filter_map(|endpoint| {
        Some(PassedOver {
            reason: reason(endpoint)?,
            endpoint_id: endpoint.id.clone(),
        })
    });
    passed_over.take(PASSED_OVER_MAX).collect()
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

/// A delivery of an event to an endpoint that is about to begin.
#[derive(Debug, Clone)]
pub struct Birth<'a> {
    /// The delivery's id.
    pub id: DeliveryId,
    /// The id of the failed attempt that is recorded when nothing could be encrypted.
    pub attempt_id: DeliveryAttemptId,
    /// What is delivered.
    pub event: &'a Event,
    /// Where to.
    pub endpoint: &'a Endpoint,
    /// What encryption made for the endpoint.
    pub encrypted: Encrypted,
    /// When it is tried.
    pub schedule: &'a RetrySchedule,
    /// When it begins.
    pub now: Timestamp,
}

impl Birth<'_> {
    /// Creates the delivery: pending if its payload is ready, else failed for good, with one
    /// recorded attempt.
    pub fn create(self) -> Step {
        match &self.encrypted {
            Encrypted::With(key_id) => self.create_pending(key_id.clone()),
            Encrypted::NoActiveKey => self.create_failed(None, ScrubReason::NoActiveKey),
            Encrypted::Failed(key_id) => {
                self.create_failed(Some(key_id.clone()), ScrubReason::JweCreationFailed)
            }
        }
    }

    fn create_pending(&self, key_id: EncryptionKeyId) -> Step {
        let Self {
            schedule,
            endpoint,
            now,
            ..
        } = self;
        // A test is attempted at once, whatever the schedule says, and not kept.
        let (lifetime, delay) = if self.event.is_test() {
            (LATENESS_MAX, Duration::ZERO)
        } else {
            let lifetime = payload_lifetime(schedule, endpoint.retention);
            (lifetime, schedule.first_delay())
        };
        let payload = Payload::Stored {
            expires_at: now.plus(lifetime),
            reason: StoredReason::PendingDelivery,
        };
        let state = DeliveryState::Pending {
            due_at: now.plus(delay),
        };
        Step {
            delivery: Delivery {
                encryption_key_id: Some(key_id),
                ..self.create_untried(state, payload)
            },
            attempt: None,
        }
    }

    fn create_failed(&self, key_id: Option<EncryptionKeyId>, reason: ScrubReason) -> Step {
        let now = self.now;
        let attempt = Attempt {
            id: self.attempt_id.clone(),
            delivery_id: self.id.clone(),
            outcome: AttemptOutcome::NotEncrypted,
            duration: Duration::ZERO,
            attempted_at: now,
            phases: Phases::default(),
            test: None,
        };
        let payload = Payload::Scrubbed { at: now, reason };
        Step {
            delivery: Delivery {
                encryption_key_id: key_id,
                attempt_count: 1,
                last_attempt: Some(LastAttempt::of(&attempt)),
                ..self.create_untried(DeliveryState::Failed, payload)
            },
            attempt: Some(attempt),
        }
    }

    fn create_untried(&self, state: DeliveryState, payload: Payload) -> Delivery {
        Delivery {
            id: self.id.clone(),
            organization_id: self.event.organization_id,
            event_id: self.event.id.clone(),
            endpoint_id: self.endpoint.id.clone(),
            encryption_key_id: None,
            state,
            attempt_count: 0,
            last_attempt: None,
            payload,
            is_test: self.event.is_test(),
            created_at: self.now,
            updated_at: self.now,
        }
    }
}

#[cfg(test)]
mod tests;
