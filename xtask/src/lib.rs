//! Developer verbs, run as `cargo xtask <verb>`.
//!
//! The cast: [`demo`] shows the service at work, [`test_run`] prepares what the tests need and
//! runs them all, [`layers`] checks which package names which, [`load`] measures the service,
//! [`sim`] runs it in one thread with every fault chosen by a seed, [`admin`] hands over to the
//! binary. A verb is a module here and a line in `main.rs`;
//! [`faketime`] finds the library that sets a process's clock, and
//! [`postgres`] is a private database server for tests and measurements. [`workspace`] says where
//! the checkout lies and runs programs in it, `service` runs the service for the verbs that need
//! one, and `interrupt` ends them in good order.

pub mod admin;
pub mod demo;
pub mod faketime;
mod interrupt;
pub mod layers;
pub mod load;
pub mod postgres;
mod service;
pub mod sim;
pub mod test_run;
pub mod workspace;
