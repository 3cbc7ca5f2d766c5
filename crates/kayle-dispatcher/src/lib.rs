//! The loops: claim, send, settle, sweep.
//!
//! The cast: a [`Dispatcher`] claims what it has room for, has it sent, and settles what came back;
//! [`Dispatcher::tick`] does that once, for tests that step by hand; [`Dispatcher::run`] does it
//! until it is told to stop; [`sweeper::run`] scrubs and expires by age. A [`Heartbeat`] tells
//! whether the loop still turns.

pub mod dispatcher;
pub mod heartbeat;
mod in_flight;
mod runner;
pub mod sweeper;

pub use dispatcher::{Dispatcher, Limits, Ticked};
pub use heartbeat::Heartbeat;
