//! Where events go, and who can read them.
//!
//! The cast: an [`Endpoint`] is a customer's registered URL with its [`Subscription`], labels and
//! retention; [`EndpointUrl`] and [`UrlPolicy`] decide where requests may go by name,
//! [`AddressPolicy`] decides by resolved address; a [`SigningSecret`] proves who sent, an
//! [`EncryptionKey`] decides who can read. A new rule about URLs is a variant of [`UrlRefusal`].

#![warn(missing_docs)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod address;
pub mod encryption_key;
pub mod endpoint;
mod environment;
pub mod jwk;
pub mod key_text;
pub mod labels;
pub mod retention;
pub mod signing_secret;
pub mod subscription;
pub mod url;

pub use address::{AddressPolicy, AllowedNetworks};
pub use encryption_key::{EncryptionKey, InvalidKeyId, KeyId, KeyProof, Prover};
pub use endpoint::{Endpoint, EndpointChange, EndpointMember, EndpointName, InvalidEndpointName};
pub use environment::Environment;
pub use jwk::InvalidJwk;
pub use key_text::KeyTextError;
pub use labels::{InvalidLabels, Labels};
pub use retention::{DeliveryPolicy, InvalidRetention, Retention, RetryScheduleName};
pub use signing_secret::SigningSecret;
pub use subscription::Subscription;
pub use url::{Destination, EndpointUrl, NormalizedUrl, UrlPolicy, UrlRefusal};
