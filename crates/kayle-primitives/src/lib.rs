//! The words all crates share: typed ids, the organization, time, entropy and pages.
//!
//! The cast: [`Id`] names a row, [`OrganizationId`] owns it, [`Timestamp`] says when,
//! [`Clock`] and [`Entropy`] hand time and chance in from outside, [`Page`] is a slice of a list,
//! [`UnknownName`] refuses a text that no closed set knows.
//! A new kind of id is one line in `id.rs`.

#![warn(missing_docs)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod entropy;
pub mod id;
pub mod organization;
pub mod page;
pub mod time;
pub mod unknown_name;

pub use entropy::Entropy;
pub use id::{
    ApiKeyId, AttemptId, AuditId, DeliveryAttemptId, DeliveryId, EncryptionKeyId, EndpointId,
    EventId, Id, ServiceTokenId, SessionId,
};
pub use organization::{Organization, OrganizationId};
pub use page::{Page, PageLimit, PageRequest};
pub use time::{Clock, Timestamp};
pub use unknown_name::UnknownName;
