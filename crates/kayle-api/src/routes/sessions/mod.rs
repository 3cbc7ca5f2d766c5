//! Routes of sessions (contract 3.8).

pub(super) mod cancel;
pub(super) mod create;
pub(super) mod get;
pub(super) mod list;
