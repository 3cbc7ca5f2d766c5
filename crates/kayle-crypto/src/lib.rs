//! Bytes in, bytes out: everything the service does with a key.
//!
//! The cast: [`KeyRing`] holds the operator's secret keys and is the only way to use them: it
//! seals signing secrets, hashes API keys and cancel tokens, and signs service and session tokens.
//! [`PublicKey`] is a customer's encryption key and writes the JWE, [`PrivateKey`] is what the
//! customer reads it with. [`signature_header`] and [`verify_signature`] are the two sides of
//! `X-Kayle-Signature`.
//!
//! Nothing here reads a clock, a file or the network. Random bytes come from the [`Entropy`] that
//! is handed in, with two exceptions inside AWS-LC that offer no choice: the padding of RSA-OAEP
//! and [`PrivateKey::generate`].
//!
//! A new use of the operator's key is one line in `key_ring.rs` (its own subkey, its own label)
//! and one file with the methods that use it.
//!
//! [`Entropy`]: kayle_primitives::Entropy

#![warn(missing_docs)]

#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

pub mod api_key;
mod audit;
pub mod identity_key;
pub mod jwe;
pub mod jwk;
mod key_nonce;
pub mod key_ring;
mod pem;
pub mod private_key;
pub mod proof;
pub mod sealing;
pub mod signature;
pub mod token;

#[cfg(test)]
mod testing;

pub use api_key::{ApiKeyPlaintext, CancelToken, SignInCode};
pub use identity_key::{IdentityKey, IdentityKeyError};
pub use jwe::{DecryptError, DecryptedJwe, EncryptError};
pub use jwk::{KeyImportError, MODULUS_BITS_MIN, PublicJwk, PublicKey, PublicPemError};
pub use key_nonce::KeyNonce;
pub use key_ring::{KeyRing, SecretKeyTooShort};
pub use private_key::{PrivateKey, PrivateKeyError};
pub use proof::{ExpectedProof, draw_challenge, sha256_hex};
pub use sealing::{OpenError, Sealed};
pub use signature::{SignatureError, signature_header, verify_signature};
pub use token::{MintedToken, ServiceClaims, SessionClaims, SignedWith, TokenError};
