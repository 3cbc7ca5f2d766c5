//! Routes of API keys, for people at the dashboard only (contract 3.7).

pub(super) mod create;
pub(super) mod delete;
pub(super) mod list;
mod members;
pub(super) mod update;
