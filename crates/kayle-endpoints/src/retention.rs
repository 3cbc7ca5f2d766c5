//! How long payloads are kept, and how often they are tried (contract 2.3, 7.7, D2).

use std::time::Duration;

use kayle_primitives::UnknownName;
use strum::{EnumIter, EnumString, IntoStaticStr};

/// How long an undelivered payload is kept after the last attempt: 0, 24, 72 or 168 hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Retention {
    /// It is scrubbed at once.
    None,
    /// 24 hours.
    OneDay,
    /// 72 hours, the default.
    #[default]
    ThreeDays,
    /// 168 hours.
    SevenDays,
}

/// The number is not one of the four.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be 0, 24, 72 or 168")]
pub struct InvalidRetention;

impl Retention {
    /// Accepts exactly 0, 24, 72 and 168.
    pub fn from_hours(hours: u64) -> Result<Self, InvalidRetention> {
        match hours {
            0 => Ok(Self::None),
            24 => Ok(Self::OneDay),
            72 => Ok(Self::ThreeDays),
            168 => Ok(Self::SevenDays),
            _ => Err(InvalidRetention),
        }
    }

    /// Returns the number of hours.
    pub fn hours(self) -> u32 {
        match self {
            Self::None => 0,
            Self::OneDay => 24,
            Self::ThreeDays => 72,
            Self::SevenDays => 168,
        }
    }

    /// Returns the span of time.
    pub fn duration(self) -> Duration {
        Duration::from_secs(u64::from(self.hours()) * 3600)
    }
}

/// Which of the two published schedules an endpoint's deliveries follow.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Hash, IntoStaticStr, EnumString, EnumIter)]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownName<RetryScheduleName>, parse_err_fn = UnknownName::of)]
pub enum RetryScheduleName {
    /// Eight attempts over 27 hours and 35 minutes, unless configured otherwise.
    #[default]
    Standard,
    /// Three attempts over three minutes, unless configured otherwise.
    Short,
}

impl RetryScheduleName {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

/// What an endpoint wants done with a delivery that fails: when it is tried again, and how long its
/// payload is kept afterwards.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DeliveryPolicy {
    /// When it is tried again.
    pub retry_schedule: RetryScheduleName,
    /// How long the payload is kept after the last attempt.
    pub retention: Retention,
}

impl DeliveryPolicy {
    /// The policy of an endpoint that was deleted, or cannot be read: nobody can ask for less time
    /// any longer (contract 7.7).
    pub const OF_A_DELETED_ENDPOINT: Self = Self {
        retry_schedule: RetryScheduleName::Standard,
        retention: Retention::SevenDays,
    };
}

#[cfg(test)]
mod tests;
