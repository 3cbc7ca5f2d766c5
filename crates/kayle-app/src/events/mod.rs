//! Operations on events.

mod read;
mod replay;

pub use replay::ReplayEventError;
