//! Routes for people who read about the API (contract 3.10).

mod document;
mod page;
mod script;

use crate::operation::Operation;

/// Its operations.
pub(super) const OPERATIONS: &[&Operation] =
    &[&document::OPERATION, &page::OPERATION, &script::OPERATION];
