//! Routes of deliveries (contract 3.4, D12).

mod get;
mod list;
mod retry;

use crate::operation::Operation;

/// Its operations.
pub(super) const OPERATIONS: &[&Operation] =
    &[&list::OPERATION, &get::OPERATION, &retry::OPERATION];
