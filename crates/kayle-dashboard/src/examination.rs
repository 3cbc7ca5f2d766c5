//! What the doctor found when an operator last asked, on this node. It looks at every row, so that
//! one look goes on at a time, and its answer is kept.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use kayle_app::doctor::Diagnosis;
use kayle_primitives::Timestamp;

/// The examination: whether one is under way, and what the last one found.
#[derive(Default)]
pub(crate) struct Examination(Mutex<State>);

#[derive(Default)]
struct State {
    is_under_way: bool,
    last: Option<Arc<Examined>>,
}

/// What was found, and when.
pub(crate) struct Examined {
    pub(crate) at: Timestamp,
    pub(crate) diagnosis: Diagnosis,
}

/// The turn to examine; dropped, it ends, whatever came of it.
pub(crate) struct Turn<'a>(&'a Examination);

impl Examination {
    /// Takes the turn; `None` if somebody has it.
    pub(crate) fn begin(&self) -> Option<Turn<'_>> {
        let mut state = self.lock();
        if state.is_under_way {
            return None;
        }
        state.is_under_way = true;
        Some(Turn(self))
    }

    /// Returns what was found last.
    pub(crate) fn last(&self) -> Option<Arc<Examined>> {
        self.lock().last.clone()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Turn<'_> {
    /// Keeps what was found.
    pub(crate) fn end(self, examined: Examined) {
        self.0.lock().last = Some(Arc::new(examined));
    }
}

impl Drop for Turn<'_> {
    fn drop(&mut self) {
        self.0.lock().is_under_way = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_examination_goes_on_at_a_time_and_its_answer_is_kept() {
        let examination = Examination::default();
        let turn = examination.begin().unwrap();
        assert!(examination.begin().is_none());
        drop(turn);
        assert!(examination.last().is_none());
        let at = Timestamp::from_unix_ms(0);
        let diagnosis = Diagnosis::default();
        examination.begin().unwrap().end(Examined { at, diagnosis });
        assert_eq!(examination.last().unwrap().at, at);
        assert!(examination.begin().is_some());
    }
}
