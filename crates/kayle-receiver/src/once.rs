//! Handling each event once.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

/// What became of a piece of work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The work was done.
    Handled,
    /// The event had been handled before; nothing was done.
    Repeated,
}

/// Remembers handled events in this process's memory: for development. In earnest, insert the
/// event's id into a table with a unique constraint and do the work in the same transaction; keep
/// ids for 30 days.
#[derive(Debug, Default)]
pub struct InMemoryOnce(Mutex<HashSet<String>>);

impl InMemoryOnce {
    /// Does the work unless the event was handled before, one piece of work at a time. An event
    /// whose work fails was not handled, and is tried again when it comes again.
    pub fn run<E>(
        &self,
        event_id: &str,
        work: impl FnOnce() -> Result<(), E>,
    ) -> Result<Outcome, E> {
        let mut handled = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if handled.contains(event_id) {
            return Ok(Outcome::Repeated);
        }
        work()?;
        handled.insert(event_id.to_owned());
        Ok(Outcome::Handled)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    #[test]
    fn of_fifty_simultaneous_repeats_one_is_handled() {
        let (once, done) = (InMemoryOnce::default(), AtomicU32::new(0));
        let work = || {
            done.fetch_add(1, Ordering::Relaxed);
            Ok::<_, ()>(())
        };
        std::thread::scope(|threads| {
            for _ in 0..50 {
                threads.spawn(|| once.run("evt_1", work));
            }
        });
        assert_eq!(done.into_inner(), 1);
    }

    #[test]
    fn an_event_whose_work_failed_is_handled_when_it_comes_again() {
        let once = InMemoryOnce::default();
        assert_eq!(once.run("evt_1", || Err("no database")), Err("no database"));
        assert_eq!(once.run("evt_1", || Ok::<_, ()>(())), Ok(Outcome::Handled));
        assert_eq!(once.run("evt_1", || Ok::<_, ()>(())), Ok(Outcome::Repeated));
    }
}
