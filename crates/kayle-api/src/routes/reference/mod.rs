//! Routes for people who read about the API (contract 3.10).

pub(super) mod document;
pub(super) mod page;
pub(super) mod script;
