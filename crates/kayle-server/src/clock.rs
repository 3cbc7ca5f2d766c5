//! What time it is: the system's clock, or, where several processes share a database, the
//! database's.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime};

use kayle_primitives::{Clock, Timestamp};

/// Says what the machine says.
pub(crate) struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the system"
    )]
    fn now(&self) -> Timestamp {
        let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
        Timestamp::from_unix_ms(0).plus(since_1970.unwrap_or_default())
    }
}

/// Goes on evenly from the machine's time at its making, whatever becomes of that: nobody who sets
/// the machine's clock moves this one.
pub(crate) struct SteadyClock {
    start: Timestamp,
    started: Instant,
}

impl SteadyClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the system"
    )]
    pub(crate) fn new() -> Self {
        Self {
            start: SystemClock.now(),
            started: Instant::now(),
        }
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        self.start.plus(self.started.elapsed())
    }
}

/// Corrections by less than this are left out: the way to the database and back takes as long, and
/// a clock that trembles is worse than one that is a little off.
const CORRECTION_MIN_MS: u64 = 20;

/// The database's clock, followed from afar: a steady clock and how far the database's is ahead of
/// it. All processes on one database that follow it agree on when a lease ends.
pub(crate) struct DatabaseClock {
    pub(crate) steady: SteadyClock,
    ahead_ms: AtomicI64,
}

impl DatabaseClock {
    /// Makes the clock of a database that is `ahead_ms` ahead of `steady`.
    pub(crate) fn new(steady: SteadyClock, ahead_ms: i64) -> Self {
        Self {
            steady,
            ahead_ms: AtomicI64::new(ahead_ms),
        }
    }

    /// Takes another measurement of how far the database's clock is ahead of [`Self::steady`], and
    /// gives by how many milliseconds this clock was put forward for it, or back if negative.
    pub(crate) fn correct(&self, ahead_ms: i64) -> i64 {
        let by = ahead_ms.saturating_sub(self.ahead_ms.load(Ordering::Relaxed));
        if by.unsigned_abs() < CORRECTION_MIN_MS {
            return 0;
        }
        self.ahead_ms.store(ahead_ms, Ordering::Relaxed);
        by
    }
}

impl Clock for DatabaseClock {
    fn now(&self) -> Timestamp {
        let steady_ms = self.steady.now().unix_ms();
        let ahead_ms = self.ahead_ms.load(Ordering::Relaxed);
        Timestamp::from_unix_ms(steady_ms.saturating_add(ahead_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Ten minutes: no test takes as long.
    const AHEAD_MS: i64 = 600_000;

    fn ahead(clock: &DatabaseClock) -> i64 {
        let steady = clock.steady.now();
        // Rounded, for what passes between the two looks.
        (clock.now().unix_ms() - steady.unix_ms()) / 10_000
    }

    #[test]
    fn the_database_decides_what_time_it_is() {
        let clock = DatabaseClock::new(SteadyClock::new(), AHEAD_MS);
        assert_eq!(ahead(&clock), 60);
        assert_eq!(clock.correct(2 * AHEAD_MS), AHEAD_MS, "forward");
        assert_eq!(ahead(&clock), 120);
        assert_eq!(clock.correct(AHEAD_MS), -AHEAD_MS, "and back");
        assert_eq!(ahead(&clock), 60);
    }

    #[test]
    fn what_the_way_to_the_database_takes_moves_nothing() {
        let clock = DatabaseClock::new(SteadyClock::new(), AHEAD_MS);
        assert_eq!(clock.correct(AHEAD_MS - 19), 0);
        assert_eq!(clock.correct(AHEAD_MS + 19), 0);
        assert_eq!(clock.correct(AHEAD_MS + 20), 20);
    }

    #[test]
    fn a_steady_clock_begins_at_the_systems_time_and_goes_on() {
        let clock = SteadyClock::new();
        let first = clock.now();
        assert!(SystemClock.now().unix_ms().abs_diff(first.unix_ms()) < 60_000);
        assert!(first <= clock.now());
    }
}
