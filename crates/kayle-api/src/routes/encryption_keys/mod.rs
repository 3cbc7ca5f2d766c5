//! Routes of encryption keys (contract 3.3).

mod challenge;
mod deactivate;
mod jwk;
mod list;
mod prove;
mod reactivate;
mod register;

use crate::operation::Operation;

/// Its operations.
pub(super) const OPERATIONS: &[&Operation] = &[
    &register::OPERATION,
    &list::OPERATION,
    &deactivate::OPERATION,
    &reactivate::OPERATION,
    &challenge::OPERATION,
    &prove::OPERATION,
];
