//! The compact JWE of a delivery, written by [`PublicKey`] and read by [`PrivateKey`]
//! (contract 8.1).
//!
//! biscuit knows the header and the compact form, but not RSA-OAEP-256; the cryptography is
//! AWS-LC's (key wrapping) and ring's (content).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use biscuit::jwa::{ContentEncryptionAlgorithm, KeyManagementAlgorithm};
use biscuit::jwe::RegisteredHeader;
use biscuit::{Compact, CompactJson, CompactPart as _};
use kayle_primitives::Entropy;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::jwk::PublicKey;
use crate::private_key::PrivateKey;

/// The length of an AES-GCM tag, in bytes.
const TAG_BYTES: usize = 16;

/// Encryption failed. A key that passed [`PublicKey::import`] does not cause it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the payload could not be encrypted")]
pub struct EncryptError;

impl PublicKey {
    /// Encrypts a payload into a compact JWE whose header is exactly
    /// `{"alg":"RSA-OAEP-256","enc":"A256GCM","kid":"<key_id>"}`, with a content key and IV of its
    /// own from `entropy`. The padding of RSA-OAEP draws its randomness inside AWS-LC.
    pub fn encrypt(
        &self,
        key_id: &str,
        plaintext: &[u8],
        entropy: &dyn Entropy,
    ) -> Result<String, EncryptError> {
        let mut cek = Zeroizing::new([0; 32]);
        entropy.fill(cek.as_mut_slice());
        let mut iv = [0; NONCE_LEN];
        entropy.fill(&mut iv);

        let header = ProtectedHeader(header(key_id))
            .to_base64()
            .map_err(|_| EncryptError)?;
        let wrapped_cek = self.wrap(&cek).ok_or(EncryptError)?;
        let mut content = plaintext.to_vec();
        let tag = content_key(&cek)
            .seal_in_place_separate_tag(
                Nonce::assume_unique_for_key(iv),
                Aad::from(header.str()),
                &mut content,
            )
            .map_err(|_| EncryptError)?;

        let parts: [&dyn biscuit::CompactPart; 5] = [
            &header,
            &wrapped_cek,
            &iv.to_vec(),
            &content,
            &tag.as_ref().to_vec(),
        ];
        let mut compact = Compact::with_capacity(parts.len());
        for part in parts {
            compact.push(part).map_err(|_| EncryptError)?;
        }
        Ok(compact.encode())
    }
}

/// A JWE that was decrypted.
#[derive(PartialEq, Eq)]
pub struct DecryptedJwe {
    /// The header's `kid`: the label under which the customer registered the key.
    pub key_id: String,
    /// The payload.
    pub plaintext: Zeroizing<Vec<u8>>,
}

/// The text is not a JWE of this service for this key. One error for all causes, so that nothing
/// can be learnt by sending altered ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the JWE cannot be decrypted with this key")]
pub struct DecryptError;

impl PrivateKey {
    /// Decrypts what [`PublicKey::encrypt`] wrote for this key: five parts, that `alg` and `enc`, a
    /// `kid`, and neither compression (`zip`) nor extensions that must be understood (`crit`). The
    /// order of the header's members does not matter.
    pub fn decrypt(&self, compact: &str) -> Result<DecryptedJwe, DecryptError> {
        let compact = Compact::decode(compact);
        let [header, wrapped_cek, iv, content, tag] = compact.parts.as_slice() else {
            return Err(DecryptError);
        };
        let key_id = read_header(header.str())?;
        let cek = self
            .unwrap_cek(&part(wrapped_cek.str())?)
            .ok_or(DecryptError)?;
        let iv: [u8; NONCE_LEN] = exactly(part(iv.str())?)?;
        let tag: [u8; TAG_BYTES] = exactly(part(tag.str())?)?;

        let mut plaintext = Zeroizing::new(part(content.str())?);
        let length = plaintext.len();
        plaintext.extend_from_slice(&tag);
        content_key(&cek)
            .open_in_place(
                Nonce::assume_unique_for_key(iv),
                Aad::from(header.str()),
                &mut plaintext,
            )
            .map_err(|_| DecryptError)?;
        plaintext.truncate(length);
        Ok(DecryptedJwe { key_id, plaintext })
    }
}

impl fmt::Debug for DecryptedJwe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("DecryptedJwe")
            .field("key_id", &self.key_id)
            .finish_non_exhaustive()
    }
}

/// Only the registered members. biscuit's own `Header` has room for others, which stay empty here,
/// and writes the same bytes.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct ProtectedHeader(RegisteredHeader);

impl CompactJson for ProtectedHeader {}

fn header(key_id: &str) -> RegisteredHeader {
    RegisteredHeader {
        cek_algorithm: KeyManagementAlgorithm::RSA_OAEP_256,
        enc_algorithm: ContentEncryptionAlgorithm::A256GCM,
        key_id: Some(key_id.to_owned()),
        ..RegisteredHeader::default()
    }
}

/// Returns the header's `kid`, if the header is one that [`header`] makes: no `zip`, no `crit`.
fn read_header(base64: &str) -> Result<String, DecryptError> {
    let found: RegisteredHeader =
        serde_json::from_slice(&part(base64)?).map_err(|_| DecryptError)?;
    let key_id = found.key_id.clone().ok_or(DecryptError)?;
    if found == header(&key_id) {
        Ok(key_id)
    } else {
        Err(DecryptError)
    }
}

fn content_key(cek: &[u8; 32]) -> LessSafeKey {
    LessSafeKey::new(UnboundKey::new(&AES_256_GCM, cek).expect("AES-256 takes a key of 32 bytes"))
}

fn part(base64: &str) -> Result<Vec<u8>, DecryptError> {
    URL_SAFE_NO_PAD.decode(base64).map_err(|_| DecryptError)
}

fn exactly<const N: usize>(bytes: Vec<u8>) -> Result<[u8; N], DecryptError> {
    bytes.try_into().map_err(|_| DecryptError)
}

#[cfg(test)]
mod tests;
