//! Routes for people who are lost and for supervisors (contract 3.10, 13.4).

mod greeting;
mod live;
mod ready;

use crate::operation::Operation;

/// Its operations.
pub(super) const OPERATIONS: &[&Operation] =
    &[&greeting::OPERATION, &live::OPERATION, &ready::OPERATION];

use serde::Serialize;

const HEALTHY: &str = "healthy";

#[derive(Serialize)]
struct HealthView {
    status: &'static str,
}
