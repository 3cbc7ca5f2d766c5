//! Typed ids: `<prefix>_<body>` (contract 2.1).
//!
//! An [`Id`] is proof of the accepted *syntax* only. Ids from a path or a query are not checked
//! for their prefix: a well-formed id that names nothing is simply not found.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use uuid::Uuid;

use crate::entropy::{Entropy, lowercase_alphanumeric};
use crate::time::Timestamp;

/// The longest id that is looked up, in characters.
pub const ID_CHARS_MAX: usize = 128;

/// What an id names: its prefix and how its body is made.
pub trait IdKind {
    /// The text before the underscore.
    const PREFIX: &'static str;
    /// How the text after the underscore is made.
    const BODY: IdBody;
}

/// How the body of an id is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdBody {
    /// This many symbols of `a`-`z0`-`9`, all random: says nothing about its row.
    Random(usize),
    /// 26 lowercase Crockford base32 characters: 48 bits of Unix milliseconds, then 80 random
    /// bits, so that rows are inserted in time order and indexes stay small.
    Ordered,
}

/// The id of one thing of kind `K`. Compares and orders as its text.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id<K> {
    text: Arc<str>,
    kind: PhantomData<K>,
}

macro_rules! id_kinds {
    ($($(#[$doc:meta])* $kind:ident $alias:ident $prefix:literal $body:expr;)*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $kind {}

        impl IdKind for $kind {
            const PREFIX: &'static str = $prefix;
            const BODY: IdBody = $body;
        }

        $(#[$doc])*
        pub type $alias = Id<$kind>;
    )*};
}

id_kinds! {
    /// A verification session.
    SessionKind SessionId "vs" IdBody::Random(64);
    /// A verification attempt: one finished try of a check inside a session.
    AttemptKind AttemptId "va" IdBody::Ordered;
    /// An event.
    EventKind EventId "evt" IdBody::Ordered;
    /// A webhook endpoint.
    EndpointKind EndpointId "whe" IdBody::Random(32);
    /// A customer's encryption key.
    EncryptionKeyKind EncryptionKeyId "whk" IdBody::Random(32);
    /// A delivery.
    DeliveryKind DeliveryId "whd" IdBody::Ordered;
    /// A delivery attempt.
    DeliveryAttemptKind DeliveryAttemptId "wha" IdBody::Ordered;
    /// A row of the audit log.
    AuditKind AuditId "aud" IdBody::Ordered;
}

/// The text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidId {
    /// Not 1 to 128 characters of `A-Za-z0-9_-`.
    #[error("must be 1 to 128 characters of A-Z, a-z, 0-9, _ and -")]
    Syntax,
    /// A session id that is not `vs_` and 64 letters and digits.
    #[error("must be vs_ followed by 64 letters and digits")]
    Session,
    /// An attempt id that is not `va_` and 26 lowercase letters and digits.
    #[error("must be va_ followed by 26 lowercase letters and digits")]
    Attempt,
}

impl<K: IdKind> Id<K> {
    /// Creates a fresh id. `now` is used by ordered bodies only.
    pub fn generate(now: Timestamp, entropy: &dyn Entropy) -> Self {
        let body = match K::BODY {
            IdBody::Random(length) => lowercase_alphanumeric(entropy, length),
            IdBody::Ordered => ordered_body(now, entropy),
        };
        Self::from_text(&format!("{}_{body}", K::PREFIX))
    }
}

impl<K> Id<K> {
    /// Parses an id as callers may write it in a path, a query or a body: 1 to 128 characters,
    /// `^[A-Za-z0-9_-]+$` (contract 2.1).
    pub fn parse(text: &str) -> Result<Self, InvalidId> {
        let symbols_fit = text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-');
        if text.is_empty() || text.len() > ID_CHARS_MAX || !symbols_fit {
            return Err(InvalidId::Syntax);
        }
        Ok(Self::from_text(text))
    }

    /// Returns the id as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    fn from_text(text: &str) -> Self {
        Self {
            text: Arc::from(text),
            kind: PhantomData,
        }
    }
}

impl SessionId {
    /// Returns the id of the session of every test, which does not exist: `vs_` and 64 zeros
    /// (contract 14.1).
    pub fn nobodys() -> Self {
        Self::from_text(&format!("vs_{}", "0".repeat(64)))
    }

    /// Parses a session id, whose syntax is stricter: `^vs_[A-Za-z0-9]{64}$` (contract 2.1).
    pub fn parse_session(text: &str) -> Result<Self, InvalidId> {
        match text.strip_prefix("vs_") {
            Some(body)
                if body.len() == 64 && body.bytes().all(|byte| byte.is_ascii_alphanumeric()) =>
            {
                Ok(Self::from_text(text))
            }
            Some(_) | None => Err(InvalidId::Session),
        }
    }
}

impl AttemptId {
    /// Returns the id of the attempt of every test, which does not exist: `va_` and 26 zeros.
    pub fn nobodys() -> Self {
        Self::from_text(&format!("va_{}", "0".repeat(26)))
    }

    /// Parses an attempt id that a reporting service chose: `^va_[a-z0-9]{26}$`.
    pub fn parse_attempt(text: &str) -> Result<Self, InvalidId> {
        let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
        match text.strip_prefix("va_") {
            Some(body) if body.len() == 26 && body.bytes().all(fits) => Ok(Self::from_text(text)),
            Some(_) | None => Err(InvalidId::Attempt),
        }
    }
}

impl<K> fmt::Display for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

impl<K> fmt::Debug for Id<K> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.text)
    }
}

/// The id of an API key's record.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ApiKeyId(pub Uuid);

impl ApiKeyId {
    /// Creates a fresh random id.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(random_uuid(entropy))
    }
}

impl fmt::Display for ApiKeyId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// The id of a token of one of Kayle's own services: its `jti`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ServiceTokenId(pub Uuid);

impl ServiceTokenId {
    /// Creates a fresh random id.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(random_uuid(entropy))
    }
}

impl fmt::Display for ServiceTokenId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// Creates a random (version 4) UUID from the given entropy.
pub fn random_uuid(entropy: &dyn Entropy) -> Uuid {
    let mut bytes = [0u8; 16];
    entropy.fill(&mut bytes);
    uuid::Builder::from_random_bytes(bytes).into_uuid()
}

const CROCKFORD: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";
const ORDERED_CHARS: usize = 26;

fn ordered_body(now: Timestamp, entropy: &dyn Entropy) -> String {
    let mut bytes = [0u8; 16];
    entropy.fill(&mut bytes[6..]);
    bytes[..6].copy_from_slice(&now.unix_ms().to_be_bytes()[2..]);
    let value = u128::from_be_bytes(bytes);
    (0..ORDERED_CHARS)
        .rev()
        .map(|digit| (value >> (5 * digit)) & 31)
        .map(|digit| {
            let digit = usize::try_from(digit).expect("five bits fit any usize");
            char::from(CROCKFORD[digit])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Constant(u8);

    impl Entropy for Constant {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(self.0);
        }
    }

    fn at(ms: i64) -> Timestamp {
        Timestamp::from_unix_ms(ms)
    }

    #[test]
    fn every_kind_has_the_length_of_the_contract() {
        let now = at(1_777_978_800_000);
        assert_eq!(SessionId::generate(now, &Constant(1)).as_str().len(), 67);
        assert_eq!(AttemptId::generate(now, &Constant(1)).as_str().len(), 29);
        assert_eq!(EventId::generate(now, &Constant(1)).as_str().len(), 30);
        assert_eq!(EndpointId::generate(now, &Constant(1)).as_str().len(), 36);
        assert_eq!(
            EncryptionKeyId::generate(now, &Constant(1)).as_str().len(),
            36
        );
        assert_eq!(DeliveryId::generate(now, &Constant(1)).as_str().len(), 30);
        assert_eq!(
            DeliveryAttemptId::generate(now, &Constant(1))
                .as_str()
                .len(),
            30
        );
    }

    #[test]
    fn an_ordered_body_is_the_ulid_of_its_time_and_bits() {
        // The ULID specification's example: 01ARZ3NDEKTSV4RRFFQ69G5FAV is 1469922850259 ms.
        let body = ordered_body(at(1_469_922_850_259), &Constant(0));
        assert_eq!(body, "01arz3ndek0000000000000000");
        let body = ordered_body(at(1_469_922_850_259), &Constant(0xff));
        assert_eq!(body, "01arz3ndekzzzzzzzzzzzzzzzz");
    }

    #[test]
    fn ordered_ids_sort_by_time() {
        let early = EventId::generate(at(1_000), &Constant(0xff));
        let late = EventId::generate(at(1_001), &Constant(0));
        assert!(early < late);
    }

    #[test]
    fn a_reference_is_checked_for_syntax_only() {
        fn check(text: &str, accepted: bool) {
            assert_eq!(EventId::parse(text).is_ok(), accepted, "{text:?}");
        }
        check("evt_x", true);
        check("whatever-ID_9", true);
        check(&"a".repeat(128), true);
        check(&"a".repeat(129), false);
        check("", false);
        check("evt 1", false);
        check("evt/1", false);
        check("evté", false);
    }

    #[test]
    fn a_session_id_is_checked_strictly() {
        let body = "aZ9".repeat(21) + "q";
        assert!(SessionId::parse_session(&format!("vs_{body}")).is_ok());
        assert!(SessionId::parse_session(&format!("vs_{body}q")).is_err());
        assert!(SessionId::parse_session(&body).is_err());
        assert!(SessionId::parse_session(&format!("vs_{}_", &body[..63])).is_err());
    }

    #[test]
    fn an_attempt_id_is_checked_strictly() {
        assert!(AttemptId::parse_attempt("va_01arz3ndekzzzzzzzzzzzzzzzz").is_ok());
        assert!(AttemptId::parse_attempt("va_01ARZ3ndekzzzzzzzzzzzzzzzz").is_err());
        assert!(AttemptId::parse_attempt("va_").is_err());
    }
}
