//! What happened, as the customer is told it.
//!
//! The cast: an [`Event`] is the immutable fact that something ended, without personal data; its
//! [`EventType`] is one of a closed set of six; [`EventData`] is what the customer is told, which
//! [`EventData::to_plaintext`] turns into the JSON that is encrypted; [`Claims`] are the verified
//! facts in it. A new event type is a variant of [`EventType`] and of [`EventData`]; the compiler
//! names every place that must know it.

#![warn(missing_docs)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod claims;
pub mod event;
pub mod event_type;
pub mod failure_code;
pub mod payload;
mod sample;

pub use claims::{ClaimKey, ClaimType, ClaimValue, Claims, UnknownClaimKey};
pub use event::{Challenge, Event, Trigger};
pub use event_type::{EventType, TriggerType};
pub use failure_code::{Budget, FailureCode};
pub use payload::{CancelReason, EventData, Plaintext};
