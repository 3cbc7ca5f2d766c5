//! One step of a delivery's life (contract 7): a pure function.

use std::time::Duration;

use kayle_endpoints::Retention;
use kayle_primitives::{DeliveryAttemptId, Timestamp};

use crate::attempt::{Attempt, AttemptOutcome, AttemptStatus, FailureReason, Phases};
use crate::delivery::{Delivery, DeliveryState, DeliveryStatus, LastAttempt, Lease};
use crate::payload::{Payload, ScrubReason, StoredReason};
use crate::report::TestTrace;
use crate::schedule::{RETRY_AFTER_MAX, RetrySchedule};

/// What moves a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Input<'a> {
    /// A dispatcher takes it.
    Claimed {
        /// The dispatcher's hold.
        lease: Lease,
    },
    /// The attempt has a result.
    AttemptFinished {
        /// The id that the attempt is recorded under.
        attempt_id: DeliveryAttemptId,
        /// When it began.
        started_at: Timestamp,
        /// What came of it.
        outcome: AttemptOutcome,
        /// What follows a failure.
        after_failure: AfterFailure<'a>,
    },
    /// The dispatcher that had it is gone (D6): its lease is over.
    LeaseExpired {
        /// The id that the lost attempt is recorded under.
        attempt_id: DeliveryAttemptId,
        /// What follows a failure.
        after_failure: AfterFailure<'a>,
    },
    /// The dispatcher gives it back untried: a fault of our own, or a shutdown.
    Released {
        /// When it may be claimed again.
        due_at: Timestamp,
    },
    /// The dispatcher found its endpoint disabled, or its organization frozen (D3).
    Held,
    /// Its endpoint or its organization was enabled again, and both of them are (D3). Whether a
    /// dispatcher had met it meanwhile and held it, or it only waited for its time: it is due.
    Resumed,
    /// A person asks for it again.
    Requeued,
    /// The person whom the event is about withdrew.
    Withdrawn,
    /// The payload's retention is over.
    PayloadExpired,
    /// Its endpoint was deleted (D5).
    EndpointDeleted,
}

/// What an endpoint wants after a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct AfterFailure<'a> {
    /// When to try again.
    pub schedule: &'a RetrySchedule,
    /// How long to keep the payload when the schedule has run out.
    pub retention: Retention,
    /// How long it asks to be left alone from now on (`Retry-After`). It counts where the outcome
    /// [is postponed](AttemptOutcome::is_postponed).
    pub retry_after: Option<Duration>,
}

/// What an input made of a delivery.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// The delivery afterwards. If its payload is scrubbed, the stored bytes go with this change.
    pub delivery: Delivery,
    /// The attempt to record.
    pub attempt: Option<Attempt>,
}

impl Step {
    /// Adds to the attempt what else is kept of a test's request.
    #[must_use]
    pub fn with_test(self, test: Option<TestTrace>) -> Self {
        Self {
            attempt: self.attempt.map(|attempt| Attempt { test, ..attempt }),
            ..self
        }
    }

    /// Adds to the attempt how its request went on its way.
    #[must_use]
    pub fn with_phases(self, phases: Phases) -> Self {
        Self {
            attempt: self.attempt.map(|attempt| Attempt { phases, ..attempt }),
            ..self
        }
    }
}

/// The delivery does not take the input; it stays as it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTransition {
    /// The state has no such step.
    #[error("a {from} delivery cannot be {input}")]
    State {
        /// The public name of the state.
        from: &'static str,
        /// The input's name.
        input: &'static str,
    },
    /// It cannot be asked for again.
    #[error(transparent)]
    Requeue(#[from] RequeueRefusal),
}

/// Why a delivery cannot be asked for again (contract 3.4, L2).
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum RequeueRefusal {
    /// An attempt is under way.
    #[error("the delivery is in progress")]
    InProgress,
    /// It is a test: another one can be sent.
    #[error("a test is sent once")]
    IsTest,
    /// The payload is no longer retained.
    #[error("the payload is no longer retained")]
    PayloadGone,
}

/// Moves `delivery` by one input, or says why not.
pub fn step(
    delivery: &Delivery,
    input: Input<'_>,
    now: Timestamp,
) -> Result<Step, InvalidTransition> {
    match input {
        Input::Claimed { lease } => claim(delivery, lease, now),
        Input::AttemptFinished {
            attempt_id,
            started_at,
            outcome,
            after_failure,
        } => {
            expect_delivering(delivery, "settled")?;
            let attempt = record(delivery, attempt_id, outcome, started_at, now);
            Ok(finish(delivery, attempt, after_failure, now))
        }
        Input::LeaseExpired {
            attempt_id,
            after_failure,
        } => {
            let claimed_at = expect_lease_over(delivery, "taken over", now)?;
            let outcome = AttemptOutcome::NoAnswer(FailureReason::LeaseExpired);
            let attempt = record(delivery, attempt_id, outcome, claimed_at, now);
            Ok(finish(delivery, attempt, after_failure, now))
        }
        Input::Released { due_at } => {
            expect_delivering(delivery, "released")?;
            Ok(move_to(delivery, DeliveryState::Pending { due_at }, now))
        }
        Input::Held if delivery.is_test => Err(invalid(delivery, "held")),
        Input::Held => {
            let due_at = expect_delivering(delivery, "held")?;
            Ok(move_to(delivery, DeliveryState::Held { due_at }, now))
        }
        Input::Resumed => resume(delivery, now),
        Input::Requeued => requeue(delivery, now),
        Input::Withdrawn => scrub(delivery, ScrubReason::PrivacyRequest, "withdrawn", now),
        Input::PayloadExpired => expire(delivery, now),
        Input::EndpointDeleted => scrub(delivery, ScrubReason::Expired, "dropped", now),
    }
}

fn claim(delivery: &Delivery, lease: Lease, now: Timestamp) -> Result<Step, InvalidTransition> {
    match delivery.state {
        DeliveryState::Pending { due_at } if due_at <= now && delivery.payload.is_retained(now) => {
            Ok(move_to(
                delivery,
                DeliveryState::Delivering {
                    claimed_at: now,
                    lease,
                },
                now,
            ))
        }
        DeliveryState::Pending { .. }
        | DeliveryState::Held { .. }
        | DeliveryState::Delivering { .. }
        | DeliveryState::Succeeded
        | DeliveryState::Failed => Err(invalid(delivery, "claimed")),
    }
}

/// Returns when the delivery was claimed, if it is being delivered.
fn expect_delivering(
    delivery: &Delivery,
    input: &'static str,
) -> Result<Timestamp, InvalidTransition> {
    match delivery.state {
        DeliveryState::Delivering { claimed_at, .. } => Ok(claimed_at),
        DeliveryState::Pending { .. }
        | DeliveryState::Held { .. }
        | DeliveryState::Succeeded
        | DeliveryState::Failed => Err(invalid(delivery, input)),
    }
}

/// Returns when the delivery was claimed, if whoever claimed it has lost it since.
fn expect_lease_over(
    delivery: &Delivery,
    input: &'static str,
    now: Timestamp,
) -> Result<Timestamp, InvalidTransition> {
    match &delivery.state {
        DeliveryState::Delivering { claimed_at, lease } if lease.until <= now => Ok(*claimed_at),
        DeliveryState::Delivering { .. }
        | DeliveryState::Pending { .. }
        | DeliveryState::Held { .. }
        | DeliveryState::Succeeded
        | DeliveryState::Failed => Err(invalid(delivery, input)),
    }
}

fn record(
    delivery: &Delivery,
    id: DeliveryAttemptId,
    outcome: AttemptOutcome,
    attempted_at: Timestamp,
    now: Timestamp,
) -> Attempt {
    Attempt {
        id,
        delivery_id: delivery.id.clone(),
        outcome,
        duration: now.since(attempted_at),
        attempted_at,
        phases: Phases::default(),
        test: None,
    }
}

fn finish(
    delivery: &Delivery,
    attempt: Attempt,
    after_failure: AfterFailure<'_>,
    now: Timestamp,
) -> Step {
    let attempt_count = delivery.attempt_count + 1;
    let (state, payload) = match attempt.outcome.status() {
        AttemptStatus::Succeeded => (
            DeliveryState::Succeeded,
            Payload::Scrubbed {
                at: attempt.attempted_at,
                reason: ScrubReason::Delivered,
            },
        ),
        AttemptStatus::Failed if delivery.is_test => (
            DeliveryState::Failed,
            kept_after_exhaustion(delivery.payload, Retention::None, now),
        ),
        AttemptStatus::Failed => match after_failure.schedule.delay_after(attempt_count) {
            Some(delay) => {
                let scheduled_at = now.plus(delay);
                let payload =
                    kept_until_tried(delivery.payload, after_failure.retention, scheduled_at);
                let due_at = match after_failure.retry_after {
                    Some(wait) if attempt.outcome.is_postponed() => {
                        postponed(scheduled_at, now.plus(wait), payload)
                    }
                    Some(_) | None => scheduled_at,
                };
                (DeliveryState::Pending { due_at }, payload)
            }
            None => (
                DeliveryState::Failed,
                kept_after_exhaustion(delivery.payload, after_failure.retention, now),
            ),
        },
    };
    let delivery = Delivery {
        state,
        payload,
        attempt_count,
        last_attempt: Some(LastAttempt::of(&attempt)),
        updated_at: now,
        ..delivery.clone()
    };
    Step {
        delivery,
        attempt: Some(attempt),
    }
}

/// Returns when an attempt is due that its endpoint asks to have at `retry_at` (contract 14.9):
/// never before its schedule, at most an hour after it, and while the payload can still be claimed.
fn postponed(scheduled_at: Timestamp, retry_at: Timestamp, payload: Payload) -> Timestamp {
    let Some(expires_at) = payload.expires_at() else {
        return scheduled_at;
    };
    let longest = scheduled_at.plus(RETRY_AFTER_MAX);
    let last_chance = expires_at.minus(LATENESS_MAX);
    retry_at.min(longest).min(last_chance).max(scheduled_at)
}

/// Says what becomes of a payload while the schedule goes on.
///
/// An attempt takes time, which the automatic window does not count (contract 7.3): without
/// retention after it, the last payload bytes would go before the last attempt.
fn kept_until_tried(payload: Payload, retention: Retention, due_at: Timestamp) -> Payload {
    match (payload, retention) {
        (Payload::Stored { expires_at, reason }, Retention::None) => Payload::Stored {
            expires_at: expires_at.max(due_at.plus(LATENESS_MAX)),
            reason,
        },
        (
            Payload::Stored { .. } | Payload::Scrubbed { .. },
            Retention::None | Retention::OneDay | Retention::ThreeDays | Retention::SevenDays,
        ) => payload,
    }
}

/// Says what becomes of a payload when the schedule has run out (contract 7.7).
fn kept_after_exhaustion(payload: Payload, retention: Retention, now: Timestamp) -> Payload {
    match (payload, retention) {
        (Payload::Scrubbed { .. }, _) => payload,
        (Payload::Stored { .. }, Retention::None) => Payload::Scrubbed {
            at: now,
            reason: ScrubReason::Expired,
        },
        (
            Payload::Stored { .. },
            Retention::OneDay | Retention::ThreeDays | Retention::SevenDays,
        ) => Payload::Stored {
            expires_at: now.plus(retention.duration()),
            reason: StoredReason::TerminalFailureRetention,
        },
    }
}

fn resume(delivery: &Delivery, now: Timestamp) -> Result<Step, InvalidTransition> {
    match delivery.state {
        // An older due time is kept, so that what waited longest goes first.
        DeliveryState::Held { due_at } => {
            let due_at = due_at.min(now);
            Ok(move_to(delivery, DeliveryState::Pending { due_at }, now))
        }
        DeliveryState::Pending { due_at } if now < due_at => Ok(move_to(
            delivery,
            DeliveryState::Pending { due_at: now },
            now,
        )),
        DeliveryState::Pending { .. }
        | DeliveryState::Delivering { .. }
        | DeliveryState::Succeeded
        | DeliveryState::Failed => Err(invalid(delivery, "resumed")),
    }
}

fn requeue(delivery: &Delivery, now: Timestamp) -> Result<Step, InvalidTransition> {
    if delivery.is_test {
        return Err(RequeueRefusal::IsTest.into());
    }
    if delivery.status() == DeliveryStatus::Delivering {
        return Err(RequeueRefusal::InProgress.into());
    }
    let expires_at = match delivery.payload {
        Payload::Stored { expires_at, .. } if now < expires_at => expires_at,
        Payload::Stored { .. } | Payload::Scrubbed { .. } => {
            return Err(RequeueRefusal::PayloadGone.into());
        }
    };
    let delivery = Delivery {
        state: DeliveryState::Pending { due_at: now },
        attempt_count: 0,
        last_attempt: None,
        payload: Payload::Stored {
            expires_at,
            reason: StoredReason::PendingDelivery,
        },
        updated_at: now,
        ..delivery.clone()
    };
    Ok(Step {
        delivery,
        attempt: None,
    })
}

/// Takes the payload away from a delivery that has not succeeded, and gives it up.
fn scrub(
    delivery: &Delivery,
    reason: ScrubReason,
    input: &'static str,
    now: Timestamp,
) -> Result<Step, InvalidTransition> {
    match (&delivery.state, delivery.payload) {
        (DeliveryState::Succeeded, _) | (_, Payload::Scrubbed { .. }) => {
            Err(invalid(delivery, input))
        }
        (
            DeliveryState::Pending { .. }
            | DeliveryState::Held { .. }
            | DeliveryState::Delivering { .. }
            | DeliveryState::Failed,
            Payload::Stored { .. },
        ) => {
            let payload = Payload::Scrubbed { at: now, reason };
            let step = move_to(delivery, DeliveryState::Failed, now);
            Ok(Step {
                delivery: Delivery {
                    payload,
                    ..step.delivery
                },
                ..step
            })
        }
    }
}

fn expire(delivery: &Delivery, now: Timestamp) -> Result<Step, InvalidTransition> {
    if delivery.payload.is_retained(now) {
        return Err(invalid(delivery, "expired"));
    }
    scrub(delivery, ScrubReason::Expired, "expired", now)
}

fn move_to(delivery: &Delivery, state: DeliveryState, now: Timestamp) -> Step {
    Step {
        delivery: Delivery {
            state,
            updated_at: now,
            ..delivery.clone()
        },
        attempt: None,
    }
}

fn invalid(delivery: &Delivery, input: &'static str) -> InvalidTransition {
    InvalidTransition::State {
        from: delivery.status().as_str(),
        input,
    }
}

/// How late an attempt may be claimed before its payload is gone, where nothing is retained. The
/// window of the short schedule is as long, so that neither published schedule is born longer
/// than the contract says.
pub(crate) const LATENESS_MAX: Duration = Duration::from_mins(3);

/// How long a newborn delivery's payload is stored: until the schedule has run out, and the
/// endpoint's retention after it (contract 7.1); at least as long as the first attempt may be late.
pub fn payload_lifetime(schedule: &RetrySchedule, retention: Retention) -> Duration {
    let contracted = schedule.automatic_window() + retention.duration();
    contracted.max(schedule.first_delay() + LATENESS_MAX)
}

#[cfg(test)]
mod tests;
