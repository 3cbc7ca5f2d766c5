//! Routes for Kayle's own services (contract 12).

mod begin_session;
mod report_attempt;

use crate::operation::Operation;

/// Its operations.
pub(super) const OPERATIONS: &[&Operation] =
    &[&begin_session::OPERATION, &report_attempt::OPERATION];
