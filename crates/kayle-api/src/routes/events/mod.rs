//! Routes of events, each under two paths (contract 3.5, 3.6).

pub(super) mod get;
pub(super) mod list;
pub(super) mod replay;
