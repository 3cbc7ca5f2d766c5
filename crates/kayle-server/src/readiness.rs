//! Whether this process can do its work (contract 13.4, 14.15): the checks, by what they have seen.
//!
//! Nothing is tried when somebody asks: whoever does something notes that it went well, and a check
//! says how long ago that was. All go by a clock that nobody can set.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use kayle_api::Check;
use kayle_app::ports::meter::Loop;
use kayle_dispatcher::Heartbeat;

use crate::metrics::Metrics;

/// A loop that takes over leases once a second is stuck, and one that reads the clock every ten
/// seconds has not been answered six times.
const LOOP_STUCK_AFTER: Duration = Duration::from_mins(1);

/// A clock that was not compared for so long may be a second off.
const CLOCK_UNREAD_AFTER: Duration = Duration::from_mins(10);

/// What this process must be able to do to be ready.
pub(crate) struct Readiness {
    /// Beats when a write has reached the database.
    pub(crate) writes: Arc<Heartbeat>,
    /// Beats when the dispatcher's loop has turned without an error, where there is one.
    pub(crate) turns: Option<Arc<Heartbeat>>,
    metrics: Arc<Metrics>,
    is_stopping: AtomicBool,
}

impl Readiness {
    /// Returns the readiness of a process that is starting.
    pub(crate) fn new(dispatches: bool, metrics: Arc<Metrics>) -> Self {
        let turns = dispatches.then(Arc::<Heartbeat>::default);
        if let Some(turns) = &turns {
            // The loop has ten seconds for its first turn.
            turns.beat();
        }
        Self {
            writes: Arc::default(),
            turns,
            metrics,
            is_stopping: AtomicBool::new(false),
        }
    }

    /// Says from now on that the process is not ready.
    pub(crate) fn stop(&self) {
        self.is_stopping.store(true, Ordering::Relaxed);
    }

    /// Returns what is wrong first, if anything is that decides it.
    pub(crate) fn check(&self) -> Result<(), &'static str> {
        let mut checks = self.checks().into_iter();
        let failing = checks.find_map(|check| check.problem.filter(|_| check.decides_readiness));
        failing.map_or(Ok(()), Err)
    }

    /// Returns every check that this process has.
    pub(crate) fn checks(&self) -> Vec<Check> {
        let mut checks = vec![self.store_write()];
        checks.extend(self.dispatch());
        checks.extend(LOOPS.iter().filter_map(|which| self.of_loop(which)));
        checks.push(Check {
            name: "stopping",
            problem: self
                .is_stopping
                .load(Ordering::Relaxed)
                .then_some("the process was told to stop"),
            last_success_ago: None,
            decides_readiness: true,
        });
        checks
    }

    fn store_write(&self) -> Check {
        let is_alive = self.writes.is_alive();
        Check {
            name: "store_write",
            problem: (!is_alive).then_some("no write has reached the database for ten seconds"),
            last_success_ago: self.writes.last_beat_ago(),
            decides_readiness: true,
        }
    }

    fn dispatch(&self) -> Option<Check> {
        let turns = self.turns.as_ref()?;
        Some(Check {
            name: "dispatch",
            problem: (!turns.is_alive()).then_some("the dispatcher makes no progress"),
            last_success_ago: turns.last_beat_ago(),
            decides_readiness: true,
        })
    }

    fn of_loop(&self, watched: &WatchedLoop) -> Option<Check> {
        let ago = self.metrics.last_success_ago(watched.which)?;
        Some(Check {
            name: watched.which.into(),
            problem: (watched.stuck_after < ago).then_some(watched.problem),
            last_success_ago: Some(ago),
            decides_readiness: watched.decides_readiness,
        })
    }
}

/// A loop that is watched by its last success.
struct WatchedLoop {
    which: Loop,
    stuck_after: Duration,
    problem: &'static str,
    decides_readiness: bool,
}

const LOOPS: [WatchedLoop; 4] = [
    WatchedLoop {
        which: Loop::Leases,
        stuck_after: LOOP_STUCK_AFTER,
        problem: "leases that run out are not taken over",
        decides_readiness: true,
    },
    WatchedLoop {
        which: Loop::Clock,
        stuck_after: CLOCK_UNREAD_AFTER,
        problem: "the clock was not compared for ten minutes",
        decides_readiness: true,
    },
    // What these leave undone harms nobody who calls: it is seen in the numbers.
    WatchedLoop {
        which: Loop::Sweep,
        stuck_after: CLOCK_UNREAD_AFTER,
        problem: "nothing was swept for ten minutes",
        decides_readiness: false,
    },
    WatchedLoop {
        which: Loop::Usage,
        stuck_after: CLOCK_UNREAD_AFTER,
        problem: "uses of API keys were not written down for ten minutes",
        decides_readiness: false,
    },
];
