#![doc = include_str!("../README.md")]
#![warn(missing_docs)]

mod claims;
mod error;
mod event;
mod headers;
mod json;
mod jwe;
mod limits;
mod once;
mod private_key;
mod receiver;
mod secrets;
mod signature;
#[cfg(feature = "testing")]
pub mod testing;

pub use claims::{ClaimValue, Claims};
pub use error::{OptionsError, UnwrapError};
pub use event::{
    AttemptFailed, AttemptSucceeded, Event, Metadata, SessionCancelled, SessionExpired,
    SessionFailed, SessionSucceeded, TestEvent, UnknownEvent, outranks,
};
pub use headers::Headers;
pub use limits::TOLERANCE_S;
pub use once::{InMemoryOnce, Outcome};
pub use private_key::{PrivateKey, PrivateKeyError};
pub use receiver::{LabelledKey, Options, Received, Receiver, decrypt, verify};
pub use secrets::Secrets;
