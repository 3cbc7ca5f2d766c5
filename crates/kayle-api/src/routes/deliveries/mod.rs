//! Routes of deliveries (contract 3.4, D12).

mod get;
mod list;
mod retry;
mod retry_failed;

use crate::operation::Operation;

/// Its operations.
pub(super) const OPERATIONS: &[&Operation] = &[
    &list::OPERATION,
    // Before the one whose path would take `retry` for an id.
    &retry_failed::OPERATION,
    &get::OPERATION,
    &retry::OPERATION,
];
