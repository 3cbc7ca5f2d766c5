//! Routes of sessions (contract 3.8).

mod cancel;
mod create;
mod get;
mod list;

use crate::operation::Operation;

/// Its operations.
pub(super) const OPERATIONS: &[&Operation] = &[
    &create::OPERATION,
    &list::OPERATION,
    &get::OPERATION,
    &cancel::OPERATION,
];
