//! Routes of encryption keys (contract 3.3).

mod deactivate;
mod jwk;
mod list;
mod reactivate;
mod register;

use crate::operation::Operation;

/// Its operations.
pub(super) const OPERATIONS: &[&Operation] = &[
    &register::OPERATION,
    &list::OPERATION,
    &deactivate::OPERATION,
    &reactivate::OPERATION,
];
