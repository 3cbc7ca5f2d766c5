//! The route of the audit log, for people at the dashboard only (contract 10).

mod list;

use crate::operation::Operation;

/// Its operations.
pub(super) const OPERATIONS: &[&Operation] = &[&list::OPERATION];
