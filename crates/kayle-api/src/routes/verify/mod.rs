//! Routes for the person whom a session is about (contract 3.9).

mod cancel_session;

use crate::operation::Operation;

/// Its operations.
pub(super) const OPERATIONS: &[&Operation] = &[&cancel_session::OPERATION];
