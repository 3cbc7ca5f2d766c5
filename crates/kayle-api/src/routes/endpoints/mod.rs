//! Routes of endpoints (contract 3.2).

mod create;
mod delete;
mod get;
mod list;
mod members;
mod reveal;
mod rotate;
mod test;
mod update;

use crate::operation::Operation;

/// Its operations.
pub(super) const OPERATIONS: &[&Operation] = &[
    &create::OPERATION,
    &list::OPERATION,
    &get::OPERATION,
    &update::OPERATION,
    &delete::OPERATION,
    &reveal::OPERATION,
    &rotate::OPERATION,
    &test::OPERATION,
];
