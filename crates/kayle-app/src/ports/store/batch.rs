//! Reading many rows, some of which cannot be read.
//!
//! A row that cannot be read is reported and passed over: it may not stop what happens to all
//! others. Rows that stay where they are, because they cannot be read or cannot be moved, stand
//! first in the order of the next read; a [`Portion`] leaves them behind, however many they are.

use std::collections::BTreeSet;
use std::sync::{LazyLock, Mutex};

use super::StoreError;

/// What a read of many rows found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Batch<T> {
    /// What could be read, in the order that was asked for.
    pub items: Vec<T>,
    /// The ids of the rows that could not be read; each was reported.
    pub unreadable: Vec<String>,
}

impl<T> Batch<T> {
    /// Returns how many rows there were.
    pub fn seen(&self) -> usize {
        self.items.len() + self.unreadable.len()
    }
}

impl<T> From<Vec<T>> for Batch<T> {
    /// Creates a batch of rows that could all be read.
    fn from(items: Vec<T>) -> Self {
        Self {
            items,
            unreadable: Vec::new(),
        }
    }
}

/// A part of an order of rows: up to `limit` of those behind the first `passed`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Portion {
    /// How many rows to leave behind.
    pub passed: usize,
    /// The most rows to read.
    pub limit: usize,
}

impl Portion {
    /// Begins with the first row.
    pub fn first(limit: usize) -> Self {
        Self { passed: 0, limit }
    }

    /// Returns the portion behind this one, of which `seen` rows were seen and `moved` are no
    /// longer in the order; `None` if it was the last.
    pub fn next(self, seen: usize, moved: usize) -> Option<Self> {
        let is_last = seen < self.limit;
        (!is_last).then(|| Self {
            passed: self.passed + seen.saturating_sub(moved),
            ..self
        })
    }
}

/// So many damaged places are remembered, so that the log names each once and not with every turn
/// of every loop. Beyond them the doctor tells.
const REPORTED_MAX: usize = 1_000;

/// What the log of this process was told.
static REPORTED: LazyLock<Mutex<BTreeSet<String>>> = LazyLock::new(Mutex::default);

/// Logs that a row is passed over, the first time that it is; other errors are not for here.
pub fn report_damage(error: &StoreError) {
    let StoreError::Corrupt { table, column, id } = error else {
        return;
    };
    let mut reported = REPORTED.lock().expect("nothing panics while it reports");
    if REPORTED_MAX < reported.len() || !reported.insert(error.to_string()) {
        return;
    }
    if REPORTED_MAX < reported.len() {
        tracing::error!("more rows cannot be read; `admin doctor` lists what is damaged");
        return;
    }
    tracing::error!(table, column, id, "a row cannot be read and is passed over");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stays_in_place_is_left_behind() {
        let first = Portion::first(100);
        let next = |seen, moved| first.next(seen, moved).map(|portion| portion.passed);
        assert_eq!(next(100, 100), Some(0));
        assert_eq!(next(100, 40), Some(60));
        assert_eq!(next(100, 0), Some(100));
        assert_eq!(next(99, 0), None);
    }
}
