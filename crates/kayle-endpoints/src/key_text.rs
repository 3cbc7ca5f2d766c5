//! A public key as people have it: the text of a file, in PEM form or as a JWK.

use kayle_crypto::PublicJwk;
use serde_json::{Map, Value};

use crate::encryption_key::KEY_TYPE;
use crate::jwk::PRIVATE_MEMBERS;

/// Why a text is not taken for a public key. Never carries the text: it may be a private key by
/// mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyTextError {
    /// There is a private key in it.
    #[error("holds a private key: replace that key, and send only the public half")]
    Private,
    /// It is a public key in PEM form, but of another kind, or damaged.
    #[error("must be a PEM (BEGIN PUBLIC KEY) of an RSA key")]
    NotRsa,
    /// It is neither PEM nor a JWK.
    #[error("must be a public key in PEM form (BEGIN PUBLIC KEY) or a JWK")]
    Unreadable,
}

/// Reads a public key, as the JWK that [`crate::jwk::parse`] judges.
pub fn read(text: &str) -> Result<Map<String, Value>, KeyTextError> {
    if is_private_text(text) {
        return Err(KeyTextError::Private);
    }
    if text.trim_start().starts_with("-----BEGIN PUBLIC KEY-----") {
        return read_pem(text);
    }
    match serde_json::from_str(text) {
        Ok(Value::Object(jwk)) => Ok(jwk),
        Ok(_) | Err(_) => Err(KeyTextError::Unreadable),
    }
}

/// Reads a public key of which is known that it is to be in PEM form, as [`read`] does.
pub fn read_pem(text: &str) -> Result<Map<String, Value>, KeyTextError> {
    if is_private_text(text) {
        return Err(KeyTextError::Private);
    }
    let key = PublicJwk::from_pem(text).map_err(|_| KeyTextError::NotRsa)?;
    Ok(as_jwk(key))
}

fn as_jwk(key: PublicJwk) -> Map<String, Value> {
    let members = [("kty", KEY_TYPE.to_owned()), ("n", key.n), ("e", key.e)];
    let member = |(name, value): (&str, String)| (name.to_owned(), Value::String(value));
    members.into_iter().map(member).collect()
}

fn is_private_text(text: &str) -> bool {
    text.to_ascii_uppercase().contains("PRIVATE KEY")
        || serde_json::from_str(text).is_ok_and(|value| is_private(&value))
}

/// Returns whether a private key is in a value: a JWK, or one within a set, that has a member of
/// private keys, or a text with a PEM.
pub fn is_private(value: &Value) -> bool {
    match value {
        Value::Object(members) => members
            .iter()
            .any(|(name, value)| PRIVATE_MEMBERS.contains(&name.as_str()) || is_private(value)),
        Value::Array(values) => values.iter().any(is_private),
        Value::String(text) => text.to_ascii_uppercase().contains("PRIVATE KEY"),
        Value::Null | Value::Bool(_) | Value::Number(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::jwk;

    const PEM: &str = "-----BEGIN PUBLIC KEY-----
MIIBIjANBgkqhkiG9w0BAQEFAAOCAQ8AMIIBCgKCAQEAtaHtOMimTx94GJAcEIrG
BnZ83wLqdC2Y7apN0/1oQfAurjq3v/68ZVYSC9nyjttVVVXi1bnRIA1GkU4NRTRv
wvsHf6IZZtkPO4eUcWclCAY3QblGtLTW+MQlBGj1u/OLZVzHF8/8CPRDuUm48DyW
ETgp5GWJ8xBIzxDrLWTKUvn8dIhFew0AY8XuAUf+fgkeT/tNTBPFKFHGsdZw6kW1
H4uuz6aSWimq3wVC8wLo4N00n2SKIP5Eac0jioA7X+fmlNEUtRgB/SaJ/7n79rxS
Jy7YjKocU64H28R7tADtDBMWnFlXKZZ1YMBpEVxzANiFBUmVycvsF8FY3enNw9C4
8wIDAQAB
-----END PUBLIC KEY-----
";

    #[test]
    fn a_pem_becomes_a_jwk_that_can_be_registered() {
        let read = read(PEM).unwrap();
        assert_eq!(read["kty"], "RSA");
        assert_eq!(read["e"], "AQAB");
        assert!(jwk::parse(&read).is_ok());
    }

    #[test]
    fn where_a_pem_is_asked_for_a_jwk_is_none() {
        let read = read_pem(r#"{"kty": "RSA", "n": "x", "e": "AQAB"}"#);
        assert_eq!(read, Err(KeyTextError::NotRsa));
        assert!(read_pem(PEM).is_ok());
    }

    #[test]
    fn a_jwk_is_left_as_it_is() {
        let given = json!({ "kty": "RSA", "n": "x", "kid": "mine" });
        assert_eq!(read(&given.to_string()).map(Value::Object), Ok(given));
    }

    #[test]
    fn a_private_key_is_named_as_such_in_every_form() {
        for private in [
            "-----BEGIN PRIVATE KEY-----\nMII",
            "-----BEGIN RSA PRIVATE KEY-----",
            "-----BEGIN ENCRYPTED PRIVATE KEY-----",
            "-----begin openssh private key-----",
            &format!("{PEM}-----BEGIN PRIVATE KEY-----"),
            r#"{"kty": "RSA", "n": "x", "e": "AQAB", "d": "y"}"#,
            r#"{"kty": "RSA", "n": "x", "e": "AQAB", "p": "y"}"#,
            r#"{"keys": [{"kty": "RSA", "n": "x", "e": "AQAB", "d": "y"}]}"#,
        ] {
            assert_eq!(read(private), Err(KeyTextError::Private), "{private}");
            assert_eq!(read_pem(private), Err(KeyTextError::Private), "{private}");
            assert!(is_private(&json!({ "key": private })) || is_private_text(private));
        }
    }

    #[test]
    fn what_is_no_public_key_is_told_apart() {
        fn check(text: &str, error: KeyTextError) {
            assert_eq!(read(text), Err(error), "{text}");
        }
        check("", KeyTextError::Unreadable);
        check("x", KeyTextError::Unreadable);
        check("[]", KeyTextError::Unreadable);
        check("-----BEGIN CERTIFICATE-----", KeyTextError::Unreadable);
        check("-----BEGIN PUBLIC KEY-----\nAAAA", KeyTextError::NotRsa);
        check(ED25519_PEM, KeyTextError::NotRsa);
    }

    const ED25519_PEM: &str = "-----BEGIN PUBLIC KEY-----
MCowBQYDK2VwAyEAH3sv3OLPLA/XgsSMptuqyF0viIklQ2npzUNQ3zjkEi4=
-----END PUBLIC KEY-----
";
}
