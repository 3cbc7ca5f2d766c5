//! An RSA private key, from the forms in which people have one.

use std::fmt;

use aws_lc_rs::digest::{SHA256, digest};
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{
    KeyPair, KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use aws_lc_rs::signature::{KeyPair as _, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Map, Value};
use zeroize::{Zeroize as _, Zeroizing};

mod der;

use crate::json;
use crate::limits::PUBLIC_EXPONENT_BYTES_MAX;

/// An RSA private key of 2048 to 8192 bits. `Debug` shows its size only.
pub struct PrivateKey {
    oaep: OaepPrivateDecryptingKey,
    pkcs8: Pkcs8V1Der<'static>,
    n: String,
    e: String,
}

/// The text is no RSA private key that can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "must be an RSA private key with 2048 to 8192 bits: a PEM (BEGIN PRIVATE KEY or BEGIN RSA \
     PRIVATE KEY, not encrypted) or a JWK"
)]
pub struct PrivateKeyError;

impl PrivateKeyError {
    /// Returns the name that every Kayle library has for this error.
    pub fn code(self) -> &'static str {
        "key_invalid"
    }
}

impl PrivateKey {
    /// Reads a PEM (PKCS#8 or PKCS#1) or a JWK. In a PEM, line breaks may be CRLF or the two
    /// characters `\n`, and there may be quotes around it: what environment variables make of it.
    pub fn parse(text: &str) -> Result<Self, PrivateKeyError> {
        let text = text.trim_matches(ASCII_BLANKS);
        let numbers = if text.starts_with('{') {
            numbers_of_jwk(text)
        } else {
            numbers_of_pem(text)
        };
        let numbers = numbers.filter(|numbers| are_in_range(numbers));
        let pkcs8 = der::pkcs8(&der::pkcs1(&numbers.ok_or(PrivateKeyError)?));
        let key = PrivateDecryptingKey::from_pkcs8(&pkcs8);
        Self::from_aws_lc(key.map_err(|_| PrivateKeyError)?).ok_or(PrivateKeyError)
    }

    /// Creates a fresh key of 2048 bits.
    pub fn generate() -> Self {
        Self::generate_sized(KeySize::Rsa2048)
    }

    /// Creates a fresh key of 4096 bits, which takes seconds.
    pub fn generate_4096() -> Self {
        Self::generate_sized(KeySize::Rsa4096)
    }

    fn generate_sized(size: KeySize) -> Self {
        PrivateDecryptingKey::generate(size)
            .ok()
            .and_then(Self::from_aws_lc)
            .expect("AWS-LC makes RSA keys that it accepts")
    }

    fn from_aws_lc(key: PrivateDecryptingKey) -> Option<Self> {
        let pkcs8 = key.as_der().ok()?;
        let pair = KeyPair::from_pkcs8(pkcs8.as_ref()).ok()?;
        let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        Some(Self {
            oaep: OaepPrivateDecryptingKey::new(key).ok()?,
            pkcs8,
            n: URL_SAFE_NO_PAD.encode(public.n),
            e: URL_SAFE_NO_PAD.encode(public.e),
        })
    }

    /// Writes the key as a PEM (PKCS#8).
    pub fn to_pem(&self) -> Zeroizing<String> {
        let base64 = Zeroizing::new(STANDARD.encode(self.pkcs8.as_ref()));
        let mut pem = Zeroizing::new(String::with_capacity(base64.len() * 2));
        pem.push_str("-----BEGIN PRIVATE KEY-----");
        for (index, symbol) in base64.chars().enumerate() {
            if index.is_multiple_of(PEM_LINE_CHARS) {
                pem.push('\n');
            }
            pem.push(symbol);
        }
        pem.push_str("\n-----END PRIVATE KEY-----\n");
        pem
    }

    /// Returns the public half as a JWK.
    pub fn public_jwk(&self) -> Value {
        serde_json::json!({
            "kty": "RSA", "n": self.n, "e": self.e, "alg": "RSA-OAEP-256", "key_ops": ["encrypt"],
        })
    }

    /// Returns the body of `POST /v1/webhooks/endpoints/{id}/keys` that registers the public half
    /// under this label.
    pub fn registration(&self, key_id: &str) -> Value {
        serde_json::json!({
            "key_id": key_id,
            "algorithm": "RSA-OAEP-256",
            "key_type": "RSA",
            "jwk": self.public_jwk(),
        })
    }

    /// Returns the public half's thumbprint (RFC 7638, SHA-256, base64url).
    pub fn thumbprint(&self) -> String {
        let members = format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, self.e, self.n);
        URL_SAFE_NO_PAD.encode(digest(&SHA256, members.as_bytes()))
    }

    /// Returns the modulus's bits.
    pub fn bits(&self) -> usize {
        self.oaep.key_size_bits()
    }

    /// Encrypts a content key to the public half.
    #[cfg(feature = "testing")]
    pub(crate) fn wrap_key(&self, key: &[u8]) -> Result<Vec<u8>, aws_lc_rs::error::Unspecified> {
        let private = PrivateDecryptingKey::from_pkcs8(self.pkcs8.as_ref());
        let public = private
            .map_err(|_| aws_lc_rs::error::Unspecified)?
            .public_key();
        let oaep = aws_lc_rs::rsa::OaepPublicEncryptingKey::new(public)?;
        let mut wrapped = vec![0; oaep.ciphertext_size()];
        oaep.encrypt(&OAEP_SHA256_MGF1SHA256, key, &mut wrapped, None)?;
        Ok(wrapped)
    }

    /// Decrypts a content key; `None` if it is not one for this key.
    pub(crate) fn unwrap_key(&self, wrapped: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        let mut buffer = Zeroizing::new(vec![0; self.oaep.min_output_size()]);
        let key = self
            .oaep
            .decrypt(&OAEP_SHA256_MGF1SHA256, wrapped, &mut buffer, None)
            .ok()?;
        let key: &[u8; 32] = (&*key).try_into().ok()?;
        Some(Zeroizing::new(*key))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PrivateKey({} bits)", self.bits())
    }
}

/// RFC 7468 (2): lines of exactly 64 characters.
const PEM_LINE_CHARS: usize = 64;

/// May stand around a key and between the symbols of a PEM, in every library.
const ASCII_BLANKS: [char; 5] = [' ', '\t', '\n', '\r', '\x0c'];

type Secret = Zeroizing<Vec<u8>>;

/// Says whether the exponents are ones that every library takes. AWS-LC finds out whether the numbers fit
/// one another.
fn are_in_range(numbers: &[Secret]) -> bool {
    let [n, e, d] = [0, 1, 2].map(|index| der::without_zeros(&numbers[index]));
    let is_e_short = (e.len(), e.first()) < (PUBLIC_EXPONENT_BYTES_MAX, Some(&0x80));
    is_e_short && (d.len(), d) < (n.len(), n)
}

fn numbers_of_pem(text: &str) -> Option<Vec<Secret>> {
    let text = Zeroizing::new(text.trim_matches(['"', '\'']).replace("\\r", ""));
    let text = Zeroizing::new(text.replace("\\n", "\n"));
    if let Some(der) = pem_block(&text, "PRIVATE KEY") {
        return der::numbers_of_pkcs8(&der);
    }
    der::numbers_of_pkcs1(&pem_block(&text, "RSA PRIVATE KEY")?)
}

fn pem_block(text: &str, label: &str) -> Option<Secret> {
    let begin = format!("-----BEGIN {label}-----");
    let end = format!("-----END {label}-----");
    let text = text.trim_matches(ASCII_BLANKS);
    let body = text.strip_prefix(&begin)?.strip_suffix(&end)?;
    let mut base64 = Zeroizing::new(String::with_capacity(body.len()));
    base64.extend(body.split(ASCII_BLANKS));
    STANDARD.decode(base64.as_bytes()).ok().map(Zeroizing::new)
}

fn numbers_of_jwk(text: &str) -> Option<Vec<Secret>> {
    let members = Wiped(json::parse_object(text.as_bytes())?);
    let members = &members.0;
    if members.get("kty")?.as_str()? != "RSA" {
        return None;
    }
    let names = ["n", "e", "d", "p", "q", "dp", "dq", "qi"];
    names.iter().map(|name| number(members, name)).collect()
}

/// The members of a JWK, whose texts are wiped when nobody needs them.
struct Wiped(Map<String, Value>);

impl Drop for Wiped {
    fn drop(&mut self) {
        self.0.values_mut().for_each(wipe);
    }
}

fn wipe(value: &mut Value) {
    match value {
        Value::String(text) => text.zeroize(),
        Value::Array(items) => items.iter_mut().for_each(wipe),
        Value::Object(members) => members.values_mut().for_each(wipe),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

fn number(members: &Map<String, Value>, name: &str) -> Option<Secret> {
    let digits = URL_SAFE_NO_PAD.decode(members.get(name)?.as_str()?);
    digits.ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_of_a_key_is_wiped() {
        let mut key = serde_json::json!({ "d": "AQAB", "oth": [{ "r": "AQAB" }], "e": 3 });
        wipe(&mut key);
        let wiped = serde_json::json!({ "d": "", "oth": [{ "r": "" }], "e": 3 });
        assert_eq!(key, wiped);
    }
}
