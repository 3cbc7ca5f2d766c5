//! Operations on verification sessions.

mod begin;
mod cancel;
pub(crate) mod commit;
mod create;
mod expire;
pub(crate) mod intake;
pub(crate) mod public_keys;
mod read;
mod report_attempt;

pub use begin::BeginSessionError;
pub use create::{CreateSessionError, CreatedSession, NewSessionRequest};
pub use report_attempt::{AttemptReport, ReportAttemptError, Reported};
