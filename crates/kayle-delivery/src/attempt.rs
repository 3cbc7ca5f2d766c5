//! The attempt: one try of a delivery and what came of it (contract 2.8, 7.6, D12).

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::time::Duration;

use kayle_primitives::{DeliveryAttemptId, DeliveryId, Timestamp, UnknownName};
use strum::{EnumIter, EnumString, IntoEnumIterator, IntoStaticStr};

use crate::report::TestTrace;

/// One recorded try: an HTTP request, or a pre-flight check that refused to make one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// Its id.
    pub id: DeliveryAttemptId,
    /// The delivery it belongs to.
    pub delivery_id: DeliveryId,
    /// What came of it.
    pub outcome: AttemptOutcome,
    /// How long it took.
    pub duration: Duration,
    /// When it began.
    pub attempted_at: Timestamp,
    /// How the request went on its way; nothing where none was made.
    pub phases: Phases,
    /// What else is kept of a request that was made for a test.
    pub test: Option<TestTrace>,
}

/// How a request went on its way (contract 14.2). The times lie inside of the attempt's duration;
/// each is `None` where its phase was not reached or not needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Phases {
    /// Which connection carried it; `None` where none was made.
    pub connection: Option<ConnectionUse>,
    /// The address that the connection leads to.
    pub remote_address: Option<IpAddr>,
    /// Until the host's name was resolved.
    pub dns: Option<Duration>,
    /// From then on until an address took the connection.
    pub connect: Option<Duration>,
    /// From then on until the TLS handshake was over.
    pub tls: Option<Duration>,
    /// From the readiness of the connection until the head of the answer.
    pub first_byte: Option<Duration>,
}

/// Which connection carried a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr, EnumString, EnumIter)]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownName<ConnectionUse>, parse_err_fn = UnknownName::of)]
pub enum ConnectionUse {
    /// One that was made for it.
    New,
    /// One that was kept from before.
    Reused,
}

impl ConnectionUse {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// When an endpoint asks to be tried again: its answer's `Retry-After` (RFC 9110, section 10.2.3).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetryAfter {
    /// So long after the answer.
    Delay(Duration),
    /// At this moment, by the endpoint's clock.
    Date(Timestamp),
}

impl RetryAfter {
    /// Returns how long that is from `wall` on, the present moment as everybody else has it; zero
    /// if it has passed.
    pub fn delay(self, wall: Timestamp) -> Duration {
        match self {
            Self::Delay(delay) => delay,
            Self::Date(date) => date.since(wall),
        }
    }
}

/// The closed result of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AttemptOutcome {
    /// The endpoint answered with 200 to 299.
    Accepted {
        /// The HTTP status.
        status_code: u16,
    },
    /// The endpoint answered with another status, 3xx included.
    Refused {
        /// The HTTP status.
        status_code: u16,
    },
    /// There was no answer.
    NoAnswer(FailureReason),
    /// The host leads to an address that must not be reached; recorded as
    /// [`FailureReason::BlockedAddress`].
    Blocked {
        /// The address.
        address: IpAddr,
    },
    /// There was nothing to send: no active key at fan-out, or encryption failed (contract 7.1).
    NotEncrypted,
    /// The URL policy refused the endpoint's URL before anything was sent; recorded as 400.
    UrlRejected,
}

/// The status that is recorded when the URL policy refuses (contract 7.5).
pub const URL_REJECTED_STATUS_CODE: u16 = 400;

/// Why there was no answer.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, strum::Display, IntoStaticStr, EnumString, EnumIter,
)]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownName<FailureReason>, parse_err_fn = UnknownName::of)]
pub enum FailureReason {
    /// The time ran out.
    Timeout,
    /// The name did not resolve.
    Dns,
    /// No connection, or it broke.
    Connect,
    /// No trusted TLS session.
    Tls,
    /// The name led to an address that must not be reached.
    BlockedAddress,
    /// The secret is missing or cannot be opened.
    SigningSecretUnavailable,
    /// The dispatcher that held the delivery is gone.
    LeaseExpired,
}

/// Why an attempt failed, as it is recorded and shown (D12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AttemptFailure {
    /// The answer was not a 2xx.
    HttpStatus,
    /// The URL policy refused the endpoint's URL.
    UrlRejected,
    /// There was no answer.
    NoAnswer(FailureReason),
}

impl AttemptFailure {
    /// Returns every reason.
    pub fn iter() -> impl Iterator<Item = Self> {
        let answered = [Self::HttpStatus, Self::UrlRejected].into_iter();
        answered.chain(FailureReason::iter().map(Self::NoAnswer))
    }

    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::HttpStatus => "http_status",
            Self::UrlRejected => "url_rejected",
            Self::NoAnswer(reason) => reason.as_str(),
        }
    }

    /// Returns whether it comes with a status.
    pub fn has_status_code(self) -> bool {
        match self {
            Self::HttpStatus | Self::UrlRejected => true,
            Self::NoAnswer(_) => false,
        }
    }
}

impl FromStr for AttemptFailure {
    type Err = UnknownAttemptFailure;

    /// Parses the name on the wire, exactly.
    fn from_str(text: &str) -> Result<Self, UnknownAttemptFailure> {
        let mut reasons = Self::iter();
        let named = reasons.find(|reason| reason.as_str() == text);
        named.ok_or(UnknownAttemptFailure)
    }
}

/// The text names no reason why an attempt fails. Displays the names there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub struct UnknownAttemptFailure;

impl fmt::Display for UnknownAttemptFailure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<&str> = AttemptFailure::iter().map(AttemptFailure::as_str).collect();
        write!(formatter, "must be one of {}", names.join(", "))
    }
}

/// Whether an attempt succeeded, as it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum AttemptStatus {
    /// 2xx.
    Succeeded,
    /// Anything else.
    Failed,
}

impl AttemptStatus {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl AttemptOutcome {
    /// Classifies an answer by its status: 200 to 299 is success (contract 7.4).
    pub fn from_status_code(status_code: u16) -> Self {
        if (200..300).contains(&status_code) {
            Self::Accepted { status_code }
        } else {
            Self::Refused { status_code }
        }
    }

    /// Returns whether the endpoint took the event.
    pub fn status(self) -> AttemptStatus {
        match self {
            Self::Accepted { .. } => AttemptStatus::Succeeded,
            Self::Refused { .. }
            | Self::NoAnswer(_)
            | Self::Blocked { .. }
            | Self::NotEncrypted
            | Self::UrlRejected => AttemptStatus::Failed,
        }
    }

    /// Returns whether the endpoint said that it cannot take the event at the moment, so that it
    /// may say when it can (contract 14.9).
    pub fn is_postponed(self) -> bool {
        matches!(
            self,
            Self::Refused {
                status_code: 429 | 503
            }
        )
    }

    /// Returns the status that is recorded; `None` without an answer.
    pub fn status_code(self) -> Option<u16> {
        match self {
            Self::Accepted { status_code } | Self::Refused { status_code } => Some(status_code),
            Self::UrlRejected => Some(URL_REJECTED_STATUS_CODE),
            Self::NoAnswer(_) | Self::Blocked { .. } | Self::NotEncrypted => None,
        }
    }

    /// Returns why it failed (D12); `None` for a success, and where the delivery's
    /// retention reason says it (nothing was encrypted).
    pub fn failure_reason(self) -> Option<AttemptFailure> {
        match self {
            Self::Accepted { .. } | Self::NotEncrypted => None,
            Self::Refused { .. } => Some(AttemptFailure::HttpStatus),
            Self::UrlRejected => Some(AttemptFailure::UrlRejected),
            Self::NoAnswer(reason) => Some(AttemptFailure::NoAnswer(reason)),
            Self::Blocked { .. } => Some(AttemptFailure::NoAnswer(FailureReason::BlockedAddress)),
        }
    }

    /// Returns the address that must not be reached, where one was found.
    pub fn refused_address(self) -> Option<IpAddr> {
        match self {
            Self::Blocked { address } => Some(address),
            Self::Accepted { .. }
            | Self::Refused { .. }
            | Self::NoAnswer(_)
            | Self::NotEncrypted
            | Self::UrlRejected => None,
        }
    }

    /// Reads back what [`Self::status_code`], [`Self::failure_reason`] and
    /// [`Self::refused_address`] returned; `None` for what they return together for no outcome.
    pub fn from_recorded(
        status_code: Option<u16>,
        failure_reason: Option<AttemptFailure>,
        refused_address: Option<IpAddr>,
    ) -> Option<Self> {
        let outcome = match (status_code, failure_reason) {
            (Some(status_code), None) => Self::Accepted { status_code },
            (Some(status_code), Some(AttemptFailure::HttpStatus)) => Self::Refused { status_code },
            (Some(_), Some(AttemptFailure::UrlRejected)) => Self::UrlRejected,
            (None, Some(AttemptFailure::NoAnswer(reason))) => Self::NoAnswer(reason),
            (None, None) => Self::NotEncrypted,
            (Some(_), Some(AttemptFailure::NoAnswer(_)))
            | (None, Some(AttemptFailure::HttpStatus | AttemptFailure::UrlRejected)) => {
                return None;
            }
        };
        match (outcome, refused_address) {
            (outcome, None) => Some(outcome),
            (Self::NoAnswer(FailureReason::BlockedAddress), Some(address)) => {
                Some(Self::Blocked { address })
            }
            (_, Some(_)) => None,
        }
    }
}

impl FailureReason {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

#[cfg(test)]
mod tests;
