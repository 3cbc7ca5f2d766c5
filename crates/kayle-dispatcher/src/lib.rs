//! The loops: claim, send, settle, take over, sweep.
//!
//! The cast: a [`Dispatcher`] claims what it has room for, has it sent, and settles what came back;
//! [`Dispatcher::tick`] does that once, for tests that step by hand; [`Dispatcher::run`] does it
//! until it is told to stop; [`leases::run`] takes over what a dead dispatcher held;
//! [`sweeper::run`] scrubs and expires by age; [`usage::run`] writes down how often
//! keys and tokens were used, and [`activity::run`] what became of deliveries. [`Presence`] shows the node in the database. A [`Heartbeat`] tells whether a loop still turns
//! without an error; readiness is made of them.

pub mod activity;
pub mod dispatcher;
pub mod heartbeat;
pub mod leases;
mod pace;
mod presence;
mod requests;
mod runner;
pub mod sweeper;
pub mod usage;

pub use dispatcher::{Dispatcher, Ticked};
pub use heartbeat::Heartbeat;
pub use presence::Presence;
