//! What tests are made of. For dev-dependencies only.
//!
//! The cast: [`clock`], [`entropy`], [`store`], [`sender`] and [`meter`] are doubles of the ports, and
//! [`webhooks`] puts the operations on top of them; [`builders`] makes things with sensible
//! defaults, and [`seed`] stores them; [`conformance`] holds every implementation of the store to
//! the ports' documents; [`receiver`] is a customer's server that verifies, decrypts and
//! misbehaves; [`log`] collects what was logged.

#![warn(missing_docs)]

pub mod builders;
pub mod clock;
pub mod conformance;
pub mod entropy;
pub mod log;
pub mod meter;
pub mod receiver;
pub mod seed;
pub mod sender;
pub mod store;
pub mod webhooks;
