//! The sender port over hyper and hyper-rustls, with the address guard (contract 7.4, 9).
//!
//! The cast: [`HyperSender`] makes one POST per attempt and says what came of it. Its connections
//! come from a connector that asks the guard first: the guard resolves the endpoint's host and
//! refuses it if any address behind it is forbidden, and the connector connects to judged addresses
//! only. A connection that does not come about has a typed reason, from which the outcome is read;
//! no decision is made on an error's text. What is left of an answer's body is drained, so that the
//! connection can carry the next attempt.
//!
//! A new reason why a connection can fail is a variant of `ConnectError` and an arm in `outcome`.

#![warn(missing_docs)]

mod connect_error;
mod connector;
mod drain;
mod guard;
mod hosts;
mod limits;
mod outcome;
mod request;
mod resolver;
mod retry_after;
mod sender;
mod system_files;
mod tls;
mod trip;

pub use limits::PoolLimits;
pub use sender::{HyperSender, SenderSettings, SenderSetupError};

#[cfg(test)]
mod tests;
