//! Routes of endpoints (contract 3.2).

pub(super) mod create;
pub(super) mod delete;
pub(super) mod get;
pub(super) mod list;
mod members;
pub(super) mod reveal;
pub(super) mod rotate;
pub(super) mod update;
