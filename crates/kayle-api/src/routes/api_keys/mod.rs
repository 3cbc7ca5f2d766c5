//! Routes of API keys, for people at the dashboard only (contract 3.7).

mod create;
mod delete;
mod list;
mod members;
mod update;

use crate::operation::Operation;

/// Its operations.
pub(super) const OPERATIONS: &[&Operation] = &[
    &list::OPERATION,
    &create::OPERATION,
    &update::OPERATION,
    &delete::OPERATION,
];
