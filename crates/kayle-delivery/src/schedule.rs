//! The retry schedules (contract 7.3, D2): published lists of delays, without jitter.

use std::time::Duration;

use kayle_endpoints::RetryScheduleName;

/// The most attempts that a schedule may hold.
pub const ATTEMPTS_MAX: usize = 64;
/// The longest delay: a month, far inside what a timestamp can hold.
pub const DELAY_MAX: Duration = Duration::from_hours(31 * 24);
/// How much later than its schedule says an attempt may be because its endpoint asks for it: long
/// enough for a restart or a rate limit, and so short that the seven waits of the standard schedule
/// cannot use up a day of retention.
pub const RETRY_AFTER_MAX: Duration = Duration::from_hours(1);

/// The delays before attempt 1, 2, and so on; each counts from the end of the attempt before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetrySchedule(Vec<Duration>);

/// The list is no schedule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSchedule {
    /// It has no attempt.
    #[error("must hold at least one delay")]
    Empty,
    /// It has more than 64.
    #[error("must hold at most {ATTEMPTS_MAX} delays")]
    TooLong,
    /// A delay is over 31 days.
    #[error("must not hold a delay of more than 31 days")]
    DelayTooLong,
}

impl RetrySchedule {
    /// Accepts 1 to 64 delays of at most 31 days.
    pub fn new(delays: Vec<Duration>) -> Result<Self, InvalidSchedule> {
        if delays.is_empty() {
            return Err(InvalidSchedule::Empty);
        }
        if delays.len() > ATTEMPTS_MAX {
            return Err(InvalidSchedule::TooLong);
        }
        if delays.iter().any(|delay| *delay > DELAY_MAX) {
            return Err(InvalidSchedule::DelayTooLong);
        }
        Ok(Self(delays))
    }

    /// Returns the delay before the first attempt.
    pub fn first_delay(&self) -> Duration {
        self.0[0]
    }

    /// Returns the delay after this many attempts; `None` once the schedule has run out.
    pub fn delay_after(&self, attempts: u32) -> Option<Duration> {
        self.0.get(usize::try_from(attempts).ok()?).copied()
    }

    /// Returns the sum of all delays: how long automatic delivery goes on.
    pub fn automatic_window(&self) -> Duration {
        self.0.iter().sum()
    }
}

/// The two schedules that an endpoint chooses from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RetrySchedules {
    /// The default.
    pub standard: RetrySchedule,
    /// The older generation's.
    pub short: RetrySchedule,
}

impl RetrySchedules {
    /// Returns the schedule of that name.
    pub fn named(&self, name: RetryScheduleName) -> &RetrySchedule {
        match name {
            RetryScheduleName::Standard => &self.standard,
            RetryScheduleName::Short => &self.short,
        }
    }
}

impl Default for RetrySchedules {
    /// Returns the published ones: 0, 5 s, 5 min, 30 min, 2 h, 5 h, 10 h, 10 h; and 0, 60 s, 120 s.
    fn default() -> Self {
        let seconds =
            |list: &[u64]| RetrySchedule(list.iter().copied().map(Duration::from_secs).collect());
        Self {
            standard: seconds(&[0, 5, 300, 1800, 7200, 18_000, 36_000, 36_000]),
            short: seconds(&[0, 60, 120]),
        }
    }
}

#[cfg(test)]
mod tests;
