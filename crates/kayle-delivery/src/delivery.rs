//! The delivery: the duty to bring one event to one endpoint (contract 2.6).

use std::fmt;

use kayle_primitives::{
    DeliveryId, EncryptionKeyId, EndpointId, EventId, OrganizationId, Timestamp, UnknownName,
};
use strum::{EnumIter, EnumString, IntoStaticStr};

use crate::attempt::{Attempt, AttemptFailure};
use crate::payload::Payload;

/// One event for one endpoint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// Its id; the same in every attempt.
    pub id: DeliveryId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// What is brought.
    pub event_id: EventId,
    /// Where it is brought.
    pub endpoint_id: EndpointId,
    /// Who can read it; `None` if no key was active at fan-out.
    pub encryption_key_id: Option<EncryptionKeyId>,
    /// Where it is in its life.
    pub state: DeliveryState,
    /// Attempts in the current cycle; a requeue starts from 0.
    pub attempt_count: u32,
    /// The last attempt of the current cycle.
    pub last_attempt: Option<LastAttempt>,
    /// Whether its payload is stored.
    pub payload: Payload,
    /// Whether it tries an endpoint (contract 14.1): then it is attempted once, kept no longer, and
    /// neither held nor asked for again.
    pub is_test: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// Where a delivery is in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DeliveryState {
    /// Waits for its time.
    Pending {
        /// When it may be attempted.
        due_at: Timestamp,
    },
    /// A dispatcher met it while its endpoint was disabled or its organization frozen; shown as
    /// pending (D3). Until both are enabled it is no dispatcher's business.
    Held {
        /// When it was to be attempted.
        due_at: Timestamp,
    },
    /// A dispatcher has it.
    Delivering {
        /// When the dispatcher took it.
        claimed_at: Timestamp,
        /// Its hold.
        lease: Lease,
    },
    /// The endpoint has it. Final.
    Succeeded,
    /// It was given up; a person may ask for it again while the payload is retained.
    Failed,
}

/// A dispatcher's hold on a delivery until a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// Who holds it: unique to one claim, so that a dispatcher that lost a delivery and took it
    /// again cannot write the first attempt's result into the second.
    pub holder: LeaseHolder,
    /// When the hold ends by itself.
    pub until: Timestamp,
}

/// Names one claim of one dispatcher.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeaseHolder(pub String);

impl fmt::Display for LeaseHolder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What is shown of the last attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LastAttempt {
    /// When it began.
    pub at: Timestamp,
    /// The HTTP status; `None` without an answer.
    pub status_code: Option<u16>,
    /// Why it failed; `None` for a success, where nothing could be encrypted, and where a version
    /// of the service recorded it that did not keep the reason here.
    pub failure_reason: Option<AttemptFailure>,
}

impl LastAttempt {
    /// Takes what is shown out of an attempt.
    pub fn of(attempt: &Attempt) -> Self {
        Self {
            at: attempt.attempted_at,
            status_code: attempt.outcome.status_code(),
            failure_reason: attempt.outcome.failure_reason(),
        }
    }
}

/// The public name of a delivery's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr, EnumString, EnumIter)]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownName<DeliveryStatus>, parse_err_fn = UnknownName::of)]
pub enum DeliveryStatus {
    /// [`DeliveryState::Pending`] or [`DeliveryState::Held`].
    Pending,
    /// See [`DeliveryState::Delivering`].
    Delivering,
    /// See [`DeliveryState::Succeeded`].
    Succeeded,
    /// See [`DeliveryState::Failed`].
    Failed,
}

impl DeliveryStatus {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl Delivery {
    /// Returns the public name of the state.
    pub fn status(&self) -> DeliveryStatus {
        match self.state {
            DeliveryState::Pending { .. } | DeliveryState::Held { .. } => DeliveryStatus::Pending,
            DeliveryState::Delivering { .. } => DeliveryStatus::Delivering,
            DeliveryState::Succeeded => DeliveryStatus::Succeeded,
            DeliveryState::Failed => DeliveryStatus::Failed,
        }
    }

    /// Returns the next scheduled attempt; `None` if it is ready now or nothing is scheduled
    /// (contract 2.6). The first attempt of a cycle is never scheduled: it is due at once.
    pub fn next_attempt_at(&self, now: Timestamp) -> Option<Timestamp> {
        match self.state {
            DeliveryState::Pending { due_at } if 0 < self.attempt_count && now < due_at => {
                Some(due_at)
            }
            DeliveryState::Pending { .. }
            | DeliveryState::Held { .. }
            | DeliveryState::Delivering { .. }
            | DeliveryState::Succeeded
            | DeliveryState::Failed => None,
        }
    }
}
