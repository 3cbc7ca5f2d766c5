//! The encryption key: the customer's public JWK, which decides who can read (contract 2.5, 8.2).
//!
//! [`PublicJwk::parse`] holds the rules that can be told from the JSON. Whether the numbers make a
//! usable RSA key is for the crypto crate, which tries to encrypt with them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kayle_primitives::{EncryptionKeyId, EndpointId, OrganizationId, Timestamp};
use serde_json::{Map, Value};

/// The only algorithm: RSA-OAEP with SHA-256 (RFC 7518, section 4.3).
pub const ALGORITHM: &str = "RSA-OAEP-256";
/// The only key type.
pub const KEY_TYPE: &str = "RSA";
/// The longest `key_id`, in characters.
pub const KEY_ID_CHARS_MAX: usize = 128;
/// The smallest modulus, in significant bits.
pub const MODULUS_BITS_MIN: usize = 2048;

const MODULUS_CHARS_MAX: usize = 8192;
const EXPONENT_CHARS_MAX: usize = 64;
const ALG_CHARS_MAX: usize = 64;
const USE_CHARS_MAX: usize = 32;
const LIST_ENTRIES_MAX: usize = 8;
const LIST_ENTRY_CHARS_MAX: usize = 64;
const OTHER_CHARS_MAX: usize = 8192;

const PRIVATE_MEMBERS: [&str; 7] = ["d", "dp", "dq", "oth", "p", "q", "qi"];
const FORBIDDEN_KEY_OPS: [&str; 5] = ["decrypt", "deriveBits", "deriveKey", "sign", "unwrapKey"];

/// A registered key. At most one per endpoint is active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptionKey {
    /// Its id.
    pub id: EncryptionKeyId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// The endpoint it belongs to.
    pub endpoint_id: EndpointId,
    /// The customer's own name for it: `kid` of every JWE made with it.
    pub key_id: KeyId,
    /// The public numbers.
    pub jwk: PublicJwk,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// When it stopped being the active one; `None` while it is.
    pub disabled_at: Option<Timestamp>,
}

impl EncryptionKey {
    /// Returns whether later events are encrypted with it.
    pub fn is_active(&self) -> bool {
        self.disabled_at.is_none()
    }
}

/// The customer's own name for a key: 1 to 128 characters, verbatim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyId(String);

/// The text is no key id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to {KEY_ID_CHARS_MAX} characters")]
pub struct InvalidKeyId;

impl KeyId {
    /// Checks the length; nothing is trimmed.
    pub fn parse(text: &str) -> Result<Self, InvalidKeyId> {
        if text.is_empty() || text.chars().count() > KEY_ID_CHARS_MAX {
            return Err(InvalidKeyId);
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The public numbers of an RSA key, base64url; everything else of the submitted JWK is dropped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicJwk {
    /// The modulus.
    pub n: String,
    /// The public exponent.
    pub e: String,
}

/// Why a JWK is refused. Never carries a value: it may be a private key by mistake.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidJwk {
    /// A member breaks its bounds.
    #[error("jwk.{member} must be {expected}")]
    Member {
        /// The member; unknown ones are reported as `*`.
        member: &'static str,
        /// What it must be.
        expected: &'static str,
    },
    /// A part of a private key.
    #[error("jwk.{0} belongs to a private key: submit the public key only")]
    Private(&'static str),
    /// Under 2048 significant bits.
    #[error("jwk.n must be a modulus of at least {MODULUS_BITS_MIN} bits")]
    ModulusTooSmall,
    /// The numbers are no usable RSA key.
    #[error("jwk is not a usable RSA public key")]
    Unusable,
}

impl PublicJwk {
    /// Checks the bounds of every member (contract 8.2, shape), for answers before any look-up.
    pub fn check_shape(jwk: &Map<String, Value>) -> Result<(), InvalidJwk> {
        for (name, value) in jwk {
            check_member(name, value)?;
        }
        for (member, expected) in [("n", "a base64url string"), ("e", "a base64url string")] {
            if !jwk.contains_key(member) {
                return Err(InvalidJwk::Member { member, expected });
            }
        }
        Ok(())
    }

    /// Checks what the members say (contract 8.2, semantics 1 to 7) and keeps `n` and `e`.
    pub fn parse(jwk: &Map<String, Value>) -> Result<Self, InvalidJwk> {
        Self::check_shape(jwk)?;
        if let Some(member) = PRIVATE_MEMBERS
            .into_iter()
            .find(|member| jwk.contains_key(*member))
        {
            return Err(InvalidJwk::Private(member));
        }
        expect_text(jwk, "kty", KEY_TYPE, Presence::Required)?;
        expect_text(jwk, "alg", ALGORITHM, Presence::Optional)?;
        expect_text(jwk, "use", "enc", Presence::Optional)?;
        check_key_ops(jwk)?;
        let n = number(jwk, "n")?;
        let e = number(jwk, "e")?;
        if significant_bits(&n.1) < MODULUS_BITS_MIN {
            return Err(InvalidJwk::ModulusTooSmall);
        }
        Ok(Self { n: n.0, e: e.0 })
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Presence {
    Required,
    Optional,
}

fn check_member(name: &str, value: &Value) -> Result<(), InvalidJwk> {
    let (member, fits, expected) = match name {
        "kty" => ("kty", value == KEY_TYPE, "RSA"),
        "n" => (
            "n",
            is_text(value, 1, MODULUS_CHARS_MAX),
            "a string of 1 to 8192 characters",
        ),
        "e" => (
            "e",
            is_text(value, 1, EXPONENT_CHARS_MAX),
            "a string of 1 to 64 characters",
        ),
        "alg" => (
            "alg",
            is_text(value, 0, ALG_CHARS_MAX),
            "a string of at most 64 characters",
        ),
        "use" => (
            "use",
            is_text(value, 0, USE_CHARS_MAX),
            "a string of at most 32 characters",
        ),
        "key_ops" => (
            "key_ops",
            is_text_list(value),
            "a list of at most 8 short strings",
        ),
        _ => (
            "*",
            is_harmless(value),
            "short strings, booleans, numbers or lists of strings",
        ),
    };
    if fits {
        Ok(())
    } else {
        Err(InvalidJwk::Member { member, expected })
    }
}

fn is_text(value: &Value, chars_min: usize, chars_max: usize) -> bool {
    value
        .as_str()
        .is_some_and(|text| (chars_min..=chars_max).contains(&text.chars().count()))
}

fn is_text_list(value: &Value) -> bool {
    value.as_array().is_some_and(|list| {
        list.len() <= LIST_ENTRIES_MAX
            && list
                .iter()
                .all(|entry| is_text(entry, 0, LIST_ENTRY_CHARS_MAX))
    })
}

fn is_harmless(value: &Value) -> bool {
    value.is_boolean()
        || value.is_number()
        || is_text(value, 0, OTHER_CHARS_MAX)
        || is_text_list(value)
}

fn expect_text(
    jwk: &Map<String, Value>,
    member: &'static str,
    expected: &'static str,
    presence: Presence,
) -> Result<(), InvalidJwk> {
    match jwk.get(member) {
        None if presence == Presence::Optional => Ok(()),
        Some(value) if value == expected => Ok(()),
        Some(_) | None => Err(InvalidJwk::Member { member, expected }),
    }
}

fn check_key_ops(jwk: &Map<String, Value>) -> Result<(), InvalidJwk> {
    let Some(key_ops) = jwk.get("key_ops").and_then(Value::as_array) else {
        return Ok(());
    };
    let allows = |operation: &str| key_ops.iter().any(|entry| entry == operation);
    if !allows("encrypt") || FORBIDDEN_KEY_OPS.into_iter().any(allows) {
        let expected = "a list with encrypt and without any use of a private key";
        return Err(InvalidJwk::Member {
            member: "key_ops",
            expected,
        });
    }
    Ok(())
}

/// Reads a number, and writes it the one way that RFC 7518 (2, `Base64urlUInt`) allows: without
/// padding and without leading zero bytes.
fn number(jwk: &Map<String, Value>, member: &'static str) -> Result<(String, Vec<u8>), InvalidJwk> {
    let text = jwk.get(member).and_then(Value::as_str).unwrap_or_default();
    let bytes = URL_SAFE_NO_PAD
        .decode(text.trim_end_matches('='))
        .unwrap_or_default();
    if bytes.iter().all(|byte| *byte == 0) {
        return Err(InvalidJwk::Member {
            member,
            expected: "a base64url string",
        });
    }
    let bytes: Vec<u8> = bytes.into_iter().skip_while(|byte| *byte == 0).collect();
    Ok((URL_SAFE_NO_PAD.encode(&bytes), bytes))
}

/// Counts from the highest bit that is set: leading zeros say nothing about a key's strength.
fn significant_bits(bytes: &[u8]) -> usize {
    let Some(first) = bytes.iter().position(|byte| *byte != 0) else {
        return 0;
    };
    let leading = bytes[first].leading_zeros();
    (bytes.len() - first) * 8 - usize::try_from(leading).expect("a byte has at most 8 zeros")
}

#[cfg(test)]
mod tests;
