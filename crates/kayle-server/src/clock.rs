//! What time it is.
//!
//! The service's clock only runs forward and never jumps: it goes on evenly from the moment of its
//! making, and follows its reference slowly. The reference is the machine's clock, or, where
//! several processes share a database, the database's. Somebody may set it, back as well as forth:
//! what waits goes on waiting as long as it should, a lease stays as long as it was given, and
//! nothing is erased before the two have agreed for a while (`course`).

mod course;

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, SystemTime};

use kayle_primitives::{Clock, Timestamp};
use rustix::time::{ClockId, clock_gettime};

use self::course::Course;

/// Says what the machine says.
#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place that asks the system"
)]
pub(crate) fn machine_now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Timestamp::from_unix_ms(0).plus(since_1970.unwrap_or_default())
}

/// Returns how long the machine has run, the time that it slept included: nobody can set that.
fn uptime() -> Duration {
    clock_gettime(ClockId::Boottime)
        .try_into()
        .unwrap_or_default()
}

/// Goes on evenly from the machine's time at its making, whatever becomes of that.
pub(crate) struct SteadyClock {
    start: Timestamp,
    started: Duration,
}

impl SteadyClock {
    pub(crate) fn new() -> Self {
        Self {
            start: machine_now(),
            started: uptime(),
        }
    }
}

impl Clock for SteadyClock {
    fn now(&self) -> Timestamp {
        self.start.plus(uptime().saturating_sub(self.started))
    }
}

/// Whose clock is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Reference {
    /// This machine's: an embedded database has one process.
    Machine,
    /// The database's. All processes on one database that follow it agree on when a lease ends.
    Database,
}

/// The clock of all operations.
pub(crate) struct ServiceClock {
    /// What the reference is compared with.
    pub(crate) steady: SteadyClock,
    reference: Reference,
    course: Mutex<Course>,
    /// The last moment that anybody was told.
    told_ms: AtomicI64,
}

impl ServiceClock {
    /// Creates a clock that follows this machine's.
    pub(crate) fn of_machine() -> Self {
        Self::new(SteadyClock::new(), Reference::Machine, 0)
    }

    /// Creates a clock that follows a database's, which is `ahead_ms` ahead of `steady`.
    pub(crate) fn of_database(steady: SteadyClock, ahead_ms: i64) -> Self {
        Self::new(steady, Reference::Database, ahead_ms)
    }

    fn new(steady: SteadyClock, reference: Reference, ahead_ms: i64) -> Self {
        let course = Course::new(ahead_ms, steady.now().unix_ms());
        Self {
            steady,
            reference,
            course: Mutex::new(course),
            told_ms: AtomicI64::new(i64::MIN),
        }
    }

    /// Takes a look at the reference, which is `ahead_ms` ahead of [`Self::steady`].
    pub(crate) fn look(&self, ahead_ms: i64) {
        let steady_ms = self.steady.now().unix_ms();
        let mut course = self.course();
        if let Some(step_ms) = course.look(ahead_ms, steady_ms) {
            tracing::warn!(
                step_ms,
                steps = course.steps(),
                "the clock was set; what waits goes on evenly, and nothing is erased by age until \
                 the clock has stayed for ten minutes"
            );
        }
    }

    /// Takes a look at the machine's clock.
    pub(crate) fn look_at_machine(&self) {
        let steady_ms = self.steady.now().unix_ms();
        self.look(machine_now().unix_ms().saturating_sub(steady_ms));
    }

    /// Returns how far the reference is ahead of what is shown, in milliseconds.
    pub(crate) fn offset_ms(&self) -> i64 {
        let course = self.course();
        course.seen_ms().saturating_sub(course.followed_ms())
    }

    /// Returns how often the reference was set.
    pub(crate) fn steps(&self) -> u64 {
        self.course().steps()
    }

    fn course(&self) -> MutexGuard<'_, Course> {
        self.course
            .lock()
            .expect("nothing panics while it looks at the clock")
    }

    fn steady_and(&self, ahead_ms: i64) -> Timestamp {
        Timestamp::from_unix_ms(self.steady.now().unix_ms().saturating_add(ahead_ms))
    }
}

impl Clock for ServiceClock {
    fn now(&self) -> Timestamp {
        let now = self.steady_and(self.course().followed_ms());
        // A small correction backwards is a pause.
        let told_ms = self.told_ms.fetch_max(now.unix_ms(), Ordering::Relaxed);
        now.max(Timestamp::from_unix_ms(told_ms))
    }

    fn wall(&self) -> Timestamp {
        match self.reference {
            Reference::Machine => machine_now(),
            Reference::Database => self.steady_and(self.course().seen_ms()),
        }
    }

    fn certain_now(&self) -> Option<Timestamp> {
        if self.reference == Reference::Machine {
            // It may have been set since the last look.
            self.look_at_machine();
        }
        let steady_ms = self.steady.now().unix_ms();
        let certain_ms = self.course().certain_ms(steady_ms)?;
        Some(self.steady_and(certain_ms))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR_MS: i64 = 3_600_000;

    /// Rounded, for what passes between two looks.
    fn minutes_ahead(clock: &ServiceClock, moment: Timestamp) -> i64 {
        (moment.unix_ms() - clock.steady.now().unix_ms() + 30_000).div_euclid(60_000)
    }

    #[test]
    fn the_database_decides_what_time_it_is() {
        let clock = ServiceClock::of_database(SteadyClock::new(), HOUR_MS);
        assert_eq!(minutes_ahead(&clock, clock.now()), 60);
        assert_eq!(minutes_ahead(&clock, clock.wall()), 60);
        assert_eq!(minutes_ahead(&clock, clock.certain_now().unwrap()), 60);
    }

    #[test]
    fn a_database_whose_clock_is_set_moves_nothing_but_what_others_are_told() {
        let clock = ServiceClock::of_database(SteadyClock::new(), 0);
        for ahead_ms in [HOUR_MS, -HOUR_MS] {
            clock.look(ahead_ms);
            assert_eq!(minutes_ahead(&clock, clock.now()), 0);
            assert_eq!(minutes_ahead(&clock, clock.wall()), ahead_ms / 60_000);
            assert_eq!(clock.certain_now(), None);
        }
    }

    #[test]
    fn a_clock_never_runs_backwards() {
        let clock = ServiceClock::of_database(SteadyClock::new(), 500);
        let first = clock.now();
        clock.look(0);
        assert!(first <= clock.now());
    }

    #[test]
    fn a_steady_clock_begins_at_the_machines_time_and_goes_on() {
        let clock = SteadyClock::new();
        let first = clock.now();
        assert!(machine_now().unix_ms().abs_diff(first.unix_ms()) < 60_000);
        assert!(first <= clock.now());
    }
}
