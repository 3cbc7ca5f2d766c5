//! The compact JWE of a delivery (RFC 7516): RSA-OAEP-256, A256GCM, and nothing else.

use aws_lc_rs::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use crate::error::UnwrapError;
use crate::json;
use crate::private_key::PrivateKey;

const ALG: &str = "RSA-OAEP-256";
const ENC: &str = "A256GCM";
const TAG_BYTES: usize = 16;

/// A JWE of the one kind that Kayle sends.
pub(crate) struct Jwe<'a> {
    pub(crate) key_id: String,
    header: &'a str,
    wrapped_key: Vec<u8>,
    iv: [u8; NONCE_LEN],
    content_and_tag: Vec<u8>,
}

impl<'a> Jwe<'a> {
    /// Reads the form first, then what the header asks for.
    pub(crate) fn parse(body: &'a [u8]) -> Result<Self, UnwrapError> {
        let (mut jwe, members) = Self::parse_form(body).ok_or(UnwrapError::JweMalformed)?;
        jwe.key_id = key_id(members).ok_or(UnwrapError::JweUnsupported)?;
        Ok(jwe)
    }

    fn parse_form(body: &'a [u8]) -> Option<(Self, Map<String, Value>)> {
        let text = std::str::from_utf8(body).ok()?;
        let parts: Vec<&str> = text.splitn(6, '.').collect();
        let [header, wrapped_key, iv, content, tag] = parts.as_slice() else {
            return None;
        };
        let members = json::parse_object(&decode(header)?)?;
        let tag: [u8; TAG_BYTES] = decode(tag)?.try_into().ok()?;
        let mut content_and_tag = decode(content)?;
        content_and_tag.extend_from_slice(&tag);
        let jwe = Self {
            key_id: String::new(),
            header,
            wrapped_key: decode(wrapped_key)?,
            iv: decode(iv)?.try_into().ok()?,
            content_and_tag,
        };
        Some((jwe, members))
    }

    /// Decrypts with the first of the keys that opens it.
    pub(crate) fn decrypt<'k>(
        &self,
        keys: impl IntoIterator<Item = &'k PrivateKey>,
    ) -> Result<Zeroizing<Vec<u8>>, UnwrapError> {
        let mut keys = keys.into_iter();
        let opened = keys.find_map(|key| self.decrypt_with(key));
        opened.ok_or(UnwrapError::DecryptionFailed)
    }

    fn decrypt_with(&self, key: &PrivateKey) -> Option<Zeroizing<Vec<u8>>> {
        let content_key = key.unwrap_key(&self.wrapped_key)?;
        let content_key = UnboundKey::new(&AES_256_GCM, content_key.as_slice()).ok()?;
        let mut plaintext = Zeroizing::new(self.content_and_tag.clone());
        let length = LessSafeKey::new(content_key)
            .open_in_place(
                Nonce::assume_unique_for_key(self.iv),
                Aad::from(self.header),
                &mut plaintext,
            )
            .ok()?
            .len();
        plaintext.truncate(length);
        Some(plaintext)
    }
}

/// Decodes base64url without padding, in which no bit is left over.
fn decode(part: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(part).ok()
}

/// Returns the header's `kid`. Members that are not known are passed over, as RFC 7516 (4) wants.
fn key_id(mut members: Map<String, Value>) -> Option<String> {
    let supported = members.get("alg") == Some(&Value::from(ALG))
        && members.get("enc") == Some(&Value::from(ENC))
        && !members.contains_key("zip")
        && !members.contains_key("crit");
    supported.then(|| json::take_text(&mut members, "kid"))?
}
