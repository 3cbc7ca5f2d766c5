//! The life of one delivery: the duty to bring one event to one endpoint.
//!
//! The cast: a [`Delivery`] is in one [`DeliveryState`] and has one [`Payload`] life beside it;
//! [`fanout`] gives birth to it; [`step()`] moves it by one [`Input`] along its [`RetrySchedule`];
//! an [`Attempt`] is what one try came to, closed in an [`AttemptOutcome`]; [`invariants`] says
//! what is always true; [`explain`] says in words why a delivery is where it is; [`activity`] counts what came of many. A new way for a delivery to move is a variant of [`Input`].

#![warn(missing_docs)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod activity;
pub mod attempt;
pub mod delivery;
pub mod explanation;
pub mod fanout;
#[cfg(test)]
mod fixtures;
pub mod invariants;
pub mod payload;
pub mod report;
pub mod schedule;
pub mod step;

pub use attempt::{
    Attempt, AttemptFailure, AttemptOutcome, AttemptStatus, ConnectionUse, FailureReason, Phases,
    RetryAfter,
};
pub use delivery::{Delivery, DeliveryState, DeliveryStatus, LastAttempt, Lease, LeaseHolder};
pub use explanation::{Explanation, ExplanationCode, Surroundings, explain};
pub use payload::{CompactJwe, Payload, RetentionReason, ScrubReason, StoredReason};
pub use report::{
    ProofVerdict, Stage, StageReport, StageState, TestFindings, TestTrace, TlsVersion, report,
};
pub use schedule::{InvalidSchedule, RetrySchedule, RetrySchedules};
pub use step::{Input, InvalidTransition, RequeueRefusal, Step, step};
