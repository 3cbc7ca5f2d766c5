//! The sender against real servers on loopback.

mod answers;
mod builders;
mod connections;
mod failures;
mod findings;
mod guard;
mod logs;
mod names;
mod phases;
mod request;
mod server;
mod tls;
