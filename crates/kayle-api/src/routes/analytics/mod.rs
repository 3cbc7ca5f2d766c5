//! The route of activity (contract 14.3).

mod webhooks;

use crate::operation::Operation;

/// Its operations.
pub(super) const OPERATIONS: &[&Operation] = &[&webhooks::OPERATION];
