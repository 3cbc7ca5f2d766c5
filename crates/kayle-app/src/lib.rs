//! The operations, and the ports they need.
//!
//! The cast: [`Webhooks`] is everything the service can do, one method an operation, one operation
//! a file; [`ports`] are what the operations ask of the outside; [`access`] says who may call;
//! [`limits`] holds the bound of every loop, batch and list. A new operation is a file with its
//! request, its errors and its method.

#![warn(missing_docs)]

pub mod access;
pub mod activity;
pub mod api_keys;
pub mod audit;
mod batch;
mod change;
pub mod deliveries;
pub mod dispatch;
pub mod doctor;
pub mod encryption_keys;
pub mod endpoints;
pub mod events;
pub mod limits;
mod missing;
mod nodes;
pub mod organizations;
pub mod ports;
pub mod privacy;
pub mod quotas;
pub mod retention;
pub mod secret_keys;
pub mod service_tokens;
pub mod sessions;
pub mod system;
mod webhooks;

pub use missing::Missing;
pub use webhooks::{Parts, Settings, Webhooks};
