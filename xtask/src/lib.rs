//! Developer verbs, run as `cargo xtask <verb>`.
//!
//! The cast: [`test_run`] prepares what the tests need and runs them all, [`layers`] checks which
//! package names which, [`sim`] runs the service in one thread with every fault chosen by a seed,
//! [`receivers`] writes what the receiver libraries share, [`reuse`] checks the crates that are
//! meant for other services, [`dist`] builds what is shipped, [`admin`] hands over to the binary. A verb is a module here and a line in `main.rs`. Verbs that run the service live apart,
//! in `xtask/live`, so that the others compile only what they need.
//!
//! [`faketime`] finds the library that sets a process's clock, [`postgres`] is a private database
//! server for tests and measurements, [`leaks`] looks in files for what must never be written,
//! [`process`] reads what the binary's process shows, and [`workspace`] says where the checkout
//! lies and runs programs in it.

pub mod admin;
pub mod dist;
pub mod faketime;
pub mod layers;
pub mod leaks;
pub mod postgres;
pub mod process;
pub mod receivers;
pub mod reuse;
pub mod sim;
pub mod test_run;
pub mod workspace;
