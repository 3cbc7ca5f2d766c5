//! The whole service in one thread, with every crash, fault, clock jump and interleaving chosen by
//! a seed.
//!
//! The cast: a [`run`] is one seed's story; its `world` holds processes (`dispatcher`), the callers
//! of the API (`people`) and the endpoints (`network`), each of them tasks that `tasks` gives their
//! turn in an order that the seed chooses, interrupted at every call of the store and dropped in
//! the middle when their process crashes. The operations and the domain are the real ones; `store`
//! and `transaction` put a failing connection in front of the memory store. `observer` writes down
//! in the `history` what was really committed and sent, and the `laws` judge it. A [`Mutant`] is a
//! deliberately broken port: proof that the laws would notice.

mod choices;
mod dispatcher;
mod history;
mod laws;
mod mutant;
mod network;
mod observer;
mod pause;
mod people;
mod store;
mod story;
mod tasks;
mod transaction;
mod world;

use std::fmt;

pub use mutant::Mutant;

/// What one seed came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    /// The first law that was broken; `None` if all held.
    pub breach: Option<Breach>,
    /// What happened, a line each; empty unless it was asked for.
    pub trace: Vec<String>,
    /// How much happened.
    pub counts: Counts,
}

/// How much happened: a simulation in which nothing does proves nothing.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Counts {
    /// Deliveries made.
    pub deliveries: usize,
    /// HTTP requests.
    pub requests: usize,
    /// Deliveries that succeeded.
    pub succeeded: usize,
    /// Processes that crashed.
    pub crashes: usize,
    /// Sessions withdrawn or cancelled.
    pub suppressed: usize,
}

impl Counts {
    /// Adds another run's.
    pub fn add(&mut self, other: Self) {
        self.deliveries += other.deliveries;
        self.requests += other.requests;
        self.succeeded += other.succeeded;
        self.crashes += other.crashes;
        self.suppressed += other.suppressed;
    }
}

/// A law that was broken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breach {
    /// The law's name.
    pub law: &'static str,
    /// What broke it.
    pub detail: String,
}

impl fmt::Display for Breach {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.law, self.detail)
    }
}

/// Lets the story of `seed` happen. The same seed always tells the same story.
pub fn run(seed: u64, mutant: Option<Mutant>) -> Run {
    story::tell(seed, mutant, story::Trace::Off)
}

/// The same, with its trace.
pub fn run_traced(seed: u64, mutant: Option<Mutant>) -> Run {
    story::tell(seed, mutant, story::Trace::On)
}
