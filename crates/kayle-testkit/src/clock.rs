//! A clock that stands still until a test moves it.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use kayle_primitives::{Clock, Timestamp};

/// 2026-05-05T11:00:00Z, the moment of the contract's examples.
const START_UNIX_MS: i64 = 1_777_978_800_000;

/// Says what it was told, in every thread alike.
#[derive(Debug)]
pub struct MovedClock {
    unix_ms: AtomicI64,
}

impl MovedClock {
    /// Moves the clock on and gives the moment it shows then.
    pub fn advance(&self, duration: Duration) -> Timestamp {
        let later = self.now().plus(duration);
        self.set(later);
        later
    }

    /// Sets the clock, back as well as forth: real clocks do both.
    pub fn set(&self, now: Timestamp) {
        self.unix_ms.store(now.unix_ms(), Ordering::SeqCst);
    }
}

impl Default for MovedClock {
    /// Starts at 2026-05-05T11:00:00Z.
    fn default() -> Self {
        Self {
            unix_ms: AtomicI64::new(START_UNIX_MS),
        }
    }
}

impl Clock for MovedClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_unix_ms(self.unix_ms.load(Ordering::SeqCst))
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
