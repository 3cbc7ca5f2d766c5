//! Routes of encryption keys (contract 3.3).

pub(super) mod list;
pub(super) mod register;
