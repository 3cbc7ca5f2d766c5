//! The route of the audit log, for people at the dashboard only (contract 10).

pub(super) mod list;
