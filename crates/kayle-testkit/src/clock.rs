//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use kayle_primitives::{Clock, Timestamp};

/// 2026-05-05T11:00:00Z, the moment of the contract's examples.
const START_UNIX_MS: i64 = 1_777_978_800_000;

/// Says what it was told, in every thread alike.
#[derive(Debug)]
pub struct MovedClock {
    unix_ms: AtomicI64,
    wall_ahead_ms: AtomicI64,
    is_doubted: AtomicBool,
}

impl MovedClock {
    /// Moves the clock on and returns the moment it shows then.
    pub fn advance(&self, duration: Duration) -> Timestamp {
        let later = self.now().plus(duration);
        self.set(later);
        later
    }

    /// Sets the clock, back as well as forth: real clocks do both.
    pub fn set(&self, now: Timestamp) {
        self.unix_ms.store(now.unix_ms(), Ordering::SeqCst);
    }

    /// Sets everybody else's clock ahead of this one, or back if negative.
    pub fn set_wall_ahead_ms(&self, ahead_ms: i64) {
        self.wall_ahead_ms.store(ahead_ms, Ordering::SeqCst);
    }

    /// Makes the moment uncertain, or certain again.
    pub fn set_doubted(&self, is_doubted: bool) {
        self.is_doubted.store(is_doubted, Ordering::SeqCst);
    }
}

impl Default for MovedClock {
    /// Starts at 2026-05-05T11:00:00Z.
    fn default() -> Self {
        Self {
            unix_ms: AtomicI64::new(START_UNIX_MS),
            wall_ahead_ms: AtomicI64::new(0),
            is_doubted: AtomicBool::new(false),
        }
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.unix_ms.load(Ordering::SeqCst))
    }

    fn wall(&self) -> Timestamp {
        let ahead_ms = self.wall_ahead_ms.load(Ordering::SeqCst);
        Timestamp::from_unix_ms(self.now().unix_ms().saturating_add(ahead_ms))
    }

    fn certain_now(&self) -> Option<Timestamp> {
        let is_doubted = self.is_doubted.load(Ordering::SeqCst);
        (!is_doubted).then(|| self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_clock_stands_still_until_it_is_moved() {
        let clock = MovedClock::default();
        assert_eq!(clock.now().to_string(), "2026-05-05T11:00:00.000Z");
        clock.advance(Duration::from_millis(1500));
        assert_eq!(clock.now().to_string(), "2026-05-05T11:00:01.500Z");
    }
}
