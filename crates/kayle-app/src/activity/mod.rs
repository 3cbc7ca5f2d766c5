//! Activity: what became of deliveries, minute by minute (contract 14.3).
//!
//! It is counted in memory where the meter is told (`tally`), written now and then by each process
//! into rows of its own (`flush`), merged into hours by the sweeper (`merge`), and shown (`show`).
//! Nothing here delays a delivery: the numbers of the last seconds of a process that is killed are
//! lost, and nothing is decided by any of them.

mod flush;
mod merge;
mod note;
mod show;
mod tally;

pub use show::{ActivityReport, ActivityRequest};
pub(crate) use tally::Tally;
