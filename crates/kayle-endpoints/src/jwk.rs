//! The JWK that a customer registers (contract 8.2): which are accepted, and what is kept of them.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kayle_crypto::{KeyImportError, MODULUS_BITS_MIN, PublicJwk, PublicKey};
use serde_json::{Map, Value};

use crate::encryption_key::{ALGORITHM, KEY_TYPE};

const MODULUS_CHARS_MAX: usize = 8192;
const EXPONENT_CHARS_MAX: usize = 64;
const ALG_CHARS_MAX: usize = 64;
const USE_CHARS_MAX: usize = 32;
const LIST_ENTRIES_MAX: usize = 8;
const LIST_ENTRY_CHARS_MAX: usize = 64;
const OTHER_CHARS_MAX: usize = 8192;

pub(crate) const PRIVATE_MEMBERS: [&str; 7] = ["d", "dp", "dq", "oth", "p", "q", "qi"];
const FORBIDDEN_KEY_OPS: [&str; 5] = ["decrypt", "deriveBits", "deriveKey", "sign", "unwrapKey"];

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
    #[error("jwk.{0} belongs to a private key: replace that key, and send only the public half")]
    Private(&'static str),
    /// Under 2048 significant bits.
    #[error("jwk.n must be a modulus of at least {MODULUS_BITS_MIN} bits")]
    ModulusTooSmall,
    /// The numbers are no RSA key that can be encrypted with.
    #[error("jwk cannot be used to encrypt: {0}")]
    Unusable(KeyImportError),
}

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

/// Checks what the members say (contract 8.2, semantics), and that the numbers are a key which can
/// encrypt; keeps `n` and `e`.
pub fn parse(jwk: &Map<String, Value>) -> Result<PublicJwk, InvalidJwk> {
    check_shape(jwk)?;
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
    let (n, e) = (number(jwk, "n")?, number(jwk, "e")?);
    match PublicKey::import(&n, &e) {
        Ok(_) => Ok(PublicJwk { n, e }),
        Err(KeyImportError::ModulusTooShort { .. }) => Err(InvalidJwk::ModulusTooSmall),
        Err(error) => Err(InvalidJwk::Unusable(error)),
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
fn number(jwk: &Map<String, Value>, member: &'static str) -> Result<String, InvalidJwk> {
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
    Ok(URL_SAFE_NO_PAD.encode(&bytes))
}

#[cfg(test)]
mod tests;
