//! Routes of events, each under two paths (contract 3.5, 3.6).

mod get;
mod list;
mod replay;

use crate::operation::Operation;

/// Its operations.
pub(super) const OPERATIONS: &[&Operation] = &[
    &list::OPERATION,
    &get::OPERATION,
    &replay::OPERATION,
    &list::V1_OPERATION,
    &get::V1_OPERATION,
    &replay::V1_OPERATION,
];
