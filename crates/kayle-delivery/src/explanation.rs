//! Why a delivery is where it is, in a closed set of answers: a pure function.
//!
//! Each answer carries the facts that its sentence needs, so that a page can tell them in its own
//! way; as a text it is the sentence.

use std::fmt;

use kayle_primitives::Timestamp;
use strum::{EnumIter, IntoStaticStr};

use crate::attempt::{AttemptFailure, FailureReason};
use crate::delivery::{Delivery, DeliveryState, LastAttempt};
use crate::payload::{Payload, ScrubReason};
use crate::schedule::RetrySchedule;
use crate::step::LATENESS_MAX;

/// The most deliveries that are counted ahead of another; a longer queue is told as "more than".
pub const COUNTED_AHEAD_MAX: usize = 1000;

/// What an explanation must know beside the delivery.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Surroundings<'a> {
    /// When the endpoint was disabled; `None` while it is enabled, and once it is deleted.
    pub endpoint_disabled_at: Option<Timestamp>,
    /// When the organization's deletion was asked for; `None` while it is in good standing.
    pub organization_frozen_at: Option<Timestamp>,
    /// The endpoint's retry schedule.
    pub schedule: &'a RetrySchedule,
    /// How many deliveries of the endpoint are due before it, counted up to one more than
    /// [`COUNTED_AHEAD_MAX`].
    pub ahead: usize,
}

/// Why a delivery is where it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Explanation {
    /// The endpoint accepted it.
    Delivered {
        /// When the accepted attempt began; `None` if that is not known.
        at: Option<Timestamp>,
    },
    /// An attempt is on its way.
    AttemptUnderWay {
        /// Since when.
        since: Timestamp,
        /// When it counts as lost.
        until: Timestamp,
    },
    /// It waits for its endpoint to be enabled.
    EndpointDisabled {
        /// Since when the endpoint is disabled.
        since: Timestamp,
        /// The end of its payload's retention, which does not wait.
        kept_until: Timestamp,
    },
    /// It waits for its organization, whose deletion is pending.
    OrganizationFrozen {
        /// Since when.
        since: Timestamp,
        /// The end of its payload's retention, which does not wait.
        kept_until: Timestamp,
    },
    /// It is due, and others are due before it.
    WaitingForItsTurn {
        /// How many of the same endpoint, counted up to one more than [`COUNTED_AHEAD_MAX`].
        ahead: usize,
        /// The failed attempt before, if there was one.
        last: Option<LastAttempt>,
    },
    /// Its time has not come.
    WaitingForNextAttempt {
        /// The failed attempt before, if there was one.
        last: Option<LastAttempt>,
        /// When it is due, and when it will be if every attempt fails at once; never empty.
        planned: Vec<Timestamp>,
        /// The end of its payload's retention.
        kept_until: Timestamp,
    },
    /// The schedule has run out; a person may ask for it again.
    ScheduleEnded {
        /// The last attempt.
        last: Option<LastAttempt>,
        /// Attempts since it was made or last asked for again.
        attempts: u32,
        /// Until when it can be asked for again.
        retry_until: Timestamp,
    },
    /// Its payload is gone because its time was over, or because the endpoint was deleted.
    PayloadExpired {
        /// When the payload went.
        at: Timestamp,
    },
    /// The endpoint had no active encryption key when the event happened.
    NoActiveKey {
        /// When the event happened.
        at: Timestamp,
    },
    /// It could not be encrypted.
    EncryptionFailed {
        /// When the event happened.
        at: Timestamp,
    },
    /// It is a test that was not accepted, or not sent in time.
    TestEnded {
        /// The attempt, if there was one.
        last: Option<LastAttempt>,
    },
    /// The person whom the event is about withdrew.
    PersonWithdrew {
        /// When the payload was erased.
        at: Timestamp,
    },
}

/// The name of an [`Explanation`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr, EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum ExplanationCode {
    /// See [`Explanation::Delivered`].
    Delivered,
    /// See [`Explanation::AttemptUnderWay`].
    AttemptUnderWay,
    /// See [`Explanation::EndpointDisabled`].
    EndpointDisabled,
    /// See [`Explanation::OrganizationFrozen`].
    OrganizationFrozen,
    /// See [`Explanation::WaitingForItsTurn`].
    WaitingForItsTurn,
    /// See [`Explanation::WaitingForNextAttempt`].
    WaitingForNextAttempt,
    /// See [`Explanation::ScheduleEnded`].
    ScheduleEnded,
    /// See [`Explanation::PayloadExpired`].
    PayloadExpired,
    /// See [`Explanation::NoActiveKey`].
    NoActiveKey,
    /// See [`Explanation::EncryptionFailed`].
    EncryptionFailed,
    /// See [`Explanation::TestEnded`].
    TestEnded,
    /// See [`Explanation::PersonWithdrew`].
    PersonWithdrew,
}

impl ExplanationCode {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// Says why a delivery is where it is at this moment.
pub fn explain(delivery: &Delivery, surroundings: Surroundings<'_>, now: Timestamp) -> Explanation {
    match (&delivery.state, delivery.payload) {
        (_, Payload::Scrubbed { at, reason }) => explain_scrubbed(delivery, at, reason),
        (DeliveryState::Delivering { claimed_at, lease }, Payload::Stored { .. }) => {
            Explanation::AttemptUnderWay {
                since: *claimed_at,
                until: lease.until,
            }
        }
        // Nobody would claim it, nor ask for it again: the sweeper is about to erase the bytes.
        (_, Payload::Stored { expires_at, .. }) if expires_at <= now && delivery.is_test => {
            Explanation::TestEnded {
                last: delivery.last_attempt,
            }
        }
        (_, Payload::Stored { expires_at, .. }) if expires_at <= now => {
            Explanation::PayloadExpired { at: expires_at }
        }
        (
            DeliveryState::Pending { due_at } | DeliveryState::Held { due_at },
            Payload::Stored { expires_at, .. },
        ) => explain_waiting(delivery, *due_at, expires_at, surroundings, now),
        (DeliveryState::Failed | DeliveryState::Succeeded, Payload::Stored { expires_at, .. }) => {
            Explanation::ScheduleEnded {
                last: delivery.last_attempt,
                attempts: delivery.attempt_count,
                retry_until: expires_at,
            }
        }
    }
}

/// Returns when a pending delivery is due, and when it will be if every attempt fails at once, up
/// to the end of its payload's retention; nothing for any other.
pub fn planned_attempts(delivery: &Delivery, schedule: &RetrySchedule) -> Vec<Timestamp> {
    let (DeliveryState::Pending { due_at }, Payload::Stored { expires_at, .. }) =
        (&delivery.state, delivery.payload)
    else {
        return Vec::new();
    };
    // The window without retention is as long as the delays, and moves on with each attempt.
    let end = expires_at.plus(LATENESS_MAX);
    let mut planned = vec![*due_at];
    let mut at = *due_at;
    let mut attempts = delivery.attempt_count + 1;
    while let Some(delay) = schedule.delay_after(attempts) {
        at = at.plus(delay);
        if end <= at {
            break;
        }
        planned.push(at);
        attempts += 1;
    }
    planned
}

fn explain_scrubbed(delivery: &Delivery, at: Timestamp, reason: ScrubReason) -> Explanation {
    match reason {
        ScrubReason::Delivered => Explanation::Delivered {
            at: delivery.last_attempt.map(|last| last.at),
        },
        ScrubReason::Expired if delivery.is_test => Explanation::TestEnded {
            last: delivery.last_attempt,
        },
        ScrubReason::Expired => Explanation::PayloadExpired { at },
        ScrubReason::NoActiveKey => Explanation::NoActiveKey { at },
        ScrubReason::JweCreationFailed => Explanation::EncryptionFailed { at },
        ScrubReason::PrivacyRequest => Explanation::PersonWithdrew { at },
    }
}

fn explain_waiting(
    delivery: &Delivery,
    due_at: Timestamp,
    kept_until: Timestamp,
    surroundings: Surroundings<'_>,
    now: Timestamp,
) -> Explanation {
    if let Some(since) = surroundings.organization_frozen_at {
        return Explanation::OrganizationFrozen { since, kept_until };
    }
    // A disabled endpoint may be tested.
    if let Some(since) = surroundings.endpoint_disabled_at
        && !delivery.is_test
    {
        return Explanation::EndpointDisabled { since, kept_until };
    }
    if due_at <= now {
        return Explanation::WaitingForItsTurn {
            ahead: surroundings.ahead,
            last: delivery.last_attempt,
        };
    }
    Explanation::WaitingForNextAttempt {
        last: delivery.last_attempt,
        planned: planned_attempts(delivery, surroundings.schedule),
        kept_until,
    }
}

impl Explanation {
    /// Returns its name.
    pub fn code(&self) -> ExplanationCode {
        match self {
            Self::Delivered { .. } => ExplanationCode::Delivered,
            Self::AttemptUnderWay { .. } => ExplanationCode::AttemptUnderWay,
            Self::EndpointDisabled { .. } => ExplanationCode::EndpointDisabled,
            Self::OrganizationFrozen { .. } => ExplanationCode::OrganizationFrozen,
            Self::WaitingForItsTurn { .. } => ExplanationCode::WaitingForItsTurn,
            Self::WaitingForNextAttempt { .. } => ExplanationCode::WaitingForNextAttempt,
            Self::ScheduleEnded { .. } => ExplanationCode::ScheduleEnded,
            Self::PayloadExpired { .. } => ExplanationCode::PayloadExpired,
            Self::NoActiveKey { .. } => ExplanationCode::NoActiveKey,
            Self::EncryptionFailed { .. } => ExplanationCode::EncryptionFailed,
            Self::TestEnded { .. } => ExplanationCode::TestEnded,
            Self::PersonWithdrew { .. } => ExplanationCode::PersonWithdrew,
        }
    }
}

impl fmt::Display for Explanation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Delivered { at: Some(at) } => {
                write!(out, "Your server accepted it: the attempt began at {at}.")
            }
            Self::Delivered { at: None } => out.write_str("Your server accepted it."),
            Self::AttemptUnderWay { since, until } => write!(
                out,
                "An attempt has been under way since {since}. Without a result by {until}, it \
                 counts as failed."
            ),
            Self::EndpointDisabled { since, kept_until } => write!(
                out,
                "Its endpoint has been disabled since {since}. Once enabled, it is due at once. \
                 The payload is kept until {kept_until}."
            ),
            Self::OrganizationFrozen { since, kept_until } => write!(
                out,
                "The organization has been frozen since {since}, because its deletion was asked \
                 for. Once that is taken back, it is due at once. The payload is kept until \
                 {kept_until}."
            ),
            Self::WaitingForItsTurn { ahead, last } => {
                write_last(out, *last)?;
                write_turn(out, *ahead)
            }
            Self::WaitingForNextAttempt {
                last,
                planned,
                kept_until,
            } => {
                write_last(out, *last)?;
                write_plan(out, planned)?;
                write!(out, " The payload is kept until {kept_until}.")
            }
            Self::ScheduleEnded {
                last,
                attempts,
                retry_until,
            } => {
                write_last(out, *last)?;
                write!(
                    out,
                    "After {attempts} failed {}, the retry schedule has ended. It can be retried \
                     until {retry_until}.",
                    plural(*attempts, "attempt", "attempts"),
                )
            }
            Self::PayloadExpired { at } => write!(
                out,
                "Its payload was erased at {at}: its time was over, or the endpoint was deleted. \
                 It cannot be sent again. If you need the result, start a new verification."
            ),
            Self::NoActiveKey { at } => write!(
                out,
                "The endpoint had no active encryption key at {at}, so nothing could be sent. \
                 Register a key, then start a new verification."
            ),
            Self::EncryptionFailed { at } => write!(
                out,
                "The event could not be encrypted at {at} with the endpoint's active key, so \
                 nothing could be sent. Register another key, then start a new verification."
            ),
            Self::TestEnded { last } => {
                write_last(out, *last)?;
                out.write_str(
                    "A test is sent once. Send another one when you have changed something.",
                )
            }
            Self::PersonWithdrew { at } => write!(
                out,
                "The person withdrew: the payload was erased on purpose at {at} and is not sent."
            ),
        }
    }
}

/// Writes what came of the last attempt, and a blank after it.
fn write_last(out: &mut fmt::Formatter<'_>, last: Option<LastAttempt>) -> fmt::Result {
    match last {
        Some(last) => write!(out, "{} at {}. ", what_failed(&last), last.at),
        None => Ok(()),
    }
}

fn what_failed(last: &LastAttempt) -> String {
    let what = match (last.failure_reason, last.status_code) {
        (Some(AttemptFailure::HttpStatus) | None, Some(status_code)) => {
            return format!("Your server answered {status_code}");
        }
        (None | Some(AttemptFailure::HttpStatus), None) => "The last attempt failed",
        (Some(AttemptFailure::UrlRejected), _) => {
            "The endpoint's URL did not pass the rules for URLs"
        }
        (Some(AttemptFailure::NoAnswer(reason)), _) => match reason {
            FailureReason::Timeout => "Your server did not answer in time",
            FailureReason::Dns => "The host's name could not be resolved",
            FailureReason::Connect => "There was no connection to your server, or it broke",
            FailureReason::Tls => "The TLS handshake with your server failed",
            FailureReason::BlockedAddress => {
                "The host's name led to an address that must not be reached"
            }
            FailureReason::SigningSecretUnavailable => {
                "The endpoint's signing secret could not be read"
            }
            FailureReason::LeaseExpired => {
                "The service lost an attempt that your server may have received"
            }
        },
    };
    what.to_owned()
}

fn write_turn(out: &mut fmt::Formatter<'_>, ahead: usize) -> fmt::Result {
    match ahead {
        0 => out.write_str("It is due now and is sent next."),
        1 => out.write_str("It is due now; one delivery of its endpoint is due before it."),
        _ if COUNTED_AHEAD_MAX < ahead => write!(
            out,
            "It is due now; more than {COUNTED_AHEAD_MAX} deliveries of its endpoint are due \
             before it. They are sent as fast as your server answers."
        ),
        _ => write!(
            out,
            "It is due now; {ahead} deliveries of its endpoint are due before it. They are sent \
             as fast as your server answers."
        ),
    }
}

fn write_plan(out: &mut fmt::Formatter<'_>, planned: &[Timestamp]) -> fmt::Result {
    match planned {
        [] => out.write_str("No attempt is planned."),
        [next] => write!(out, "The next attempt, the last one planned, is at {next}."),
        [next, .., last] => write!(
            out,
            "The next attempt is at {next}. If it fails, {} more {} planned, until {last}.",
            planned.len() - 1,
            if planned.len() == 2 { "is" } else { "are" },
        ),
    }
}

fn plural(count: u32, one: &'static str, many: &'static str) -> &'static str {
    if count == 1 { one } else { many }
}

#[cfg(test)]
mod tests;
