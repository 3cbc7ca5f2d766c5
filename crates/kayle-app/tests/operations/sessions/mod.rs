//! The operations on sessions.

mod batches;
mod begin;
mod cancel;
mod create;
mod expiry;
mod races;
mod repeated_report;
mod report;
