//! Tells whether the dispatcher's loop still turns (contract 13.4).

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use kayle_primitives::Timestamp;

/// A loop that has not turned for this long is stuck: it turns every second when idle.
pub const STUCK_AFTER: Duration = Duration::from_secs(10);

/// The last moment that the loop turned.
#[derive(Debug, Default)]
pub struct Heartbeat(AtomicI64);

impl Heartbeat {
    /// Notes that the loop turned.
    pub fn beat(&self, now: Timestamp) {
        self.0.store(now.unix_ms(), Ordering::Relaxed);
    }

    /// Tells whether the loop turned within the last ten seconds.
    pub fn is_alive(&self, now: Timestamp) -> bool {
        now.since(Timestamp::from_unix_ms(self.0.load(Ordering::Relaxed))) <= STUCK_AFTER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_alive_until_it_has_not_turned_for_ten_seconds() {
        let heartbeat = Heartbeat::default();
        let start = Timestamp::from_unix_ms(1_777_978_800_000);
        assert!(!heartbeat.is_alive(start), "it has never turned");
        heartbeat.beat(start);
        assert!(heartbeat.is_alive(start.plus(Duration::from_secs(10))));
        assert!(!heartbeat.is_alive(start.plus(Duration::from_millis(10_001))));
    }
}
