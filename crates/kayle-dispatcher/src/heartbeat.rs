//! Returns whether something that should happen again and again still does (contract 13.4, 14.15).

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// What has not happened for this long is stuck: a loop turns every second when idle, and a node
/// checks in every five.
pub const STUCK_AFTER: Duration = Duration::from_secs(10);

/// The last moment that it went well. Goes by a clock that nobody sets: a machine's clock that is
/// set back must not keep a dead loop alive.
#[derive(Debug, Default)]
pub struct Heartbeat(Mutex<Option<Instant>>);

impl Heartbeat {
    /// Notes that it went well.
    pub fn beat(&self) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
    }

    /// Returns whether it went well within the last ten seconds.
    pub fn is_alive(&self) -> bool {
        self.is_alive_at(Instant::now())
    }

    /// Returns how long ago it last went well; `None` if it never did.
    pub fn last_beat_ago(&self) -> Option<Duration> {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.map(|last| Instant::now().saturating_duration_since(last))
    }

    fn is_alive_at(&self, now: Instant) -> bool {
        let last = *self.0.lock().unwrap_or_else(PoisonError::into_inner);
        last.is_some_and(|last| now.saturating_duration_since(last) <= STUCK_AFTER)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_loop_is_alive_until_it_has_not_turned_for_ten_seconds() {
        let heartbeat = Heartbeat::default();
        assert!(!heartbeat.is_alive(), "it has never turned");
        let before = Instant::now();
        heartbeat.beat();
        let after = Instant::now();
        assert!(heartbeat.is_alive_at(before + Duration::from_secs(10)));
        assert!(!heartbeat.is_alive_at(after + Duration::from_millis(10_001)));
    }
}
