//! Routes for Kayle's own services (contract 12).

pub(super) mod begin_session;
pub(super) mod report_attempt;
