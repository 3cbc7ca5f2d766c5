//! The life of a verification session, and the events that each step of it causes.
//!
//! The cast: a [`Session`] lives for an hour and ends once; its [`ShareContract`] says which claims
//! the customer asked for and why; an [`Attempt`] is one finished try of a check; [`step()`] moves
//! a session by one [`Input`] and says what follows; [`withdraw`] is the person's privacy request.
//! A new way for a session to move is a variant of [`Input`].

#![warn(missing_docs)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod attempt;
pub mod cancel;
#[cfg(test)]
mod fixtures;
pub mod redirect_url;
pub mod session;
pub mod share_contract;
pub mod step;
pub mod targets;

pub use attempt::{Attempt, AttemptOutcome};
pub use cancel::{Received, Withdrawal, withdraw};
pub use redirect_url::{InvalidRedirectUrl, RedirectUrl};
pub use session::{NewSession, Progress, Session, SessionState, SessionStatus};
pub use share_contract::{
    InvalidShareContract, RequestedField, ShareContract, ShareField, ShareSource,
};
pub use step::{Input, Refusal, ReportedOutcome, Step, step};
pub use targets::{InvalidTargets, Targets};
