//! Routes of encryption keys (contract 3.3).

pub(super) mod deactivate;
pub(super) mod list;
pub(super) mod reactivate;
pub(super) mod register;
