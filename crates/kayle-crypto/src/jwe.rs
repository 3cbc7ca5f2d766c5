//! The compact JWE of a delivery, written by [`PublicKey`] and read by [`PrivateKey`]
//! (contract 8.1).
//!
//! biscuit knows the header and the compact form, but not RSA-OAEP-256; the cryptography is
//! AWS-LC's (key wrapping) and ring's (content).

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{
    KeyPair, KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use aws_lc_rs::signature::{KeyPair as _, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use biscuit::jwa::{ContentEncryptionAlgorithm, KeyManagementAlgorithm};
use biscuit::jwe::RegisteredHeader;
use biscuit::{Compact, CompactJson, CompactPart as _};
use kayle_primitives::Entropy;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::jwk::{PublicJwkMembers, PublicKey};

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

/// What a customer decrypts with. Here for customers who write Rust, and for tests; the service
/// itself never holds one.
pub struct PrivateKey {
    oaep: OaepPrivateDecryptingKey,
    pkcs8: Pkcs8V1Der<'static>,
    public: PublicJwkMembers,
}

/// The text is not an RSA private key of 2048 to 8192 bits in a PKCS#8 PEM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a PKCS#8 PEM (BEGIN PRIVATE KEY) of an RSA key with 2048 to 8192 bits")]
pub struct PrivateKeyError;

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
    /// Makes a fresh RSA key of 2048 bits, with AWS-LC's own randomness.
    pub fn generate() -> Self {
        PrivateDecryptingKey::generate(KeySize::Rsa2048)
            .ok()
            .and_then(Self::from_aws_lc)
            .expect("AWS-LC makes RSA keys that it accepts")
    }

    /// Reads a key from the PEM that `openssl genpkey` and most libraries write
    /// (`BEGIN PRIVATE KEY`).
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, PrivateKeyError> {
        let der = decode_pem(pem).ok_or(PrivateKeyError)?;
        let key = PrivateDecryptingKey::from_pkcs8(&der).map_err(|_| PrivateKeyError)?;
        Self::from_aws_lc(key).ok_or(PrivateKeyError)
    }

    /// Writes the key as a PEM that [`PrivateKey::from_pkcs8_pem`] reads.
    pub fn to_pkcs8_pem(&self) -> Zeroizing<String> {
        let base64 = Zeroizing::new(STANDARD.encode(self.pkcs8.as_ref()));
        let mut pem = Zeroizing::new(String::with_capacity(base64.len() * 2));
        pem.push_str(PEM_BEGIN);
        for (index, symbol) in base64.chars().enumerate() {
            if index.is_multiple_of(PEM_LINE_CHARS) {
                pem.push('\n');
            }
            pem.push(symbol);
        }
        pem.push('\n');
        pem.push_str(PEM_END);
        pem.push('\n');
        pem
    }

    /// Gives the public half, to be registered with the service.
    pub fn public_jwk_members(&self) -> PublicJwkMembers {
        self.public.clone()
    }

    /// Decrypts what [`PublicKey::encrypt`] wrote for this key: five parts, exactly that header.
    pub fn decrypt(&self, compact: &str) -> Result<DecryptedJwe, DecryptError> {
        let compact = Compact::decode(compact);
        let [header, wrapped_cek, iv, content, tag] = compact.parts.as_slice() else {
            return Err(DecryptError);
        };
        let key_id = read_header(header.str())?;
        let cek = self.unwrap_cek(&part(wrapped_cek.str())?)?;
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

    fn from_aws_lc(key: PrivateDecryptingKey) -> Option<Self> {
        let pkcs8 = key.as_der().ok()?;
        let pair = KeyPair::from_pkcs8(pkcs8.as_ref()).ok()?;
        let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        Some(Self {
            oaep: OaepPrivateDecryptingKey::new(key).ok()?,
            pkcs8,
            public: PublicJwkMembers {
                n: URL_SAFE_NO_PAD.encode(public.n),
                e: URL_SAFE_NO_PAD.encode(public.e),
            },
        })
    }

    fn unwrap_cek(&self, wrapped: &[u8]) -> Result<Zeroizing<[u8; 32]>, DecryptError> {
        let mut buffer = Zeroizing::new(vec![0; self.oaep.min_output_size()]);
        let cek = self
            .oaep
            .decrypt(&OAEP_SHA256_MGF1SHA256, wrapped, &mut buffer, None)
            .map_err(|_| DecryptError)?;
        let cek: &[u8; 32] = (&*cek).try_into().map_err(|_| DecryptError)?;
        Ok(Zeroizing::new(*cek))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PrivateKey({} bits)", self.oaep.key_size_bits())
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

/// biscuit's own wrapper around these fields flattens three structs, which costs more than the
/// whole content encryption and writes the same bytes.
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

/// Gives the header's `kid`, if the header is one that [`header`] makes: no `zip`, no `crit`.
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

const PEM_BEGIN: &str = "-----BEGIN PRIVATE KEY-----";
const PEM_END: &str = "-----END PRIVATE KEY-----";

/// RFC 7468 (2): lines of exactly 64 characters.
const PEM_LINE_CHARS: usize = 64;

fn decode_pem(pem: &str) -> Option<Zeroizing<Vec<u8>>> {
    let body = pem.trim().strip_prefix(PEM_BEGIN)?.strip_suffix(PEM_END)?;
    let mut base64 = Zeroizing::new(String::with_capacity(body.len()));
    base64.extend(body.split_ascii_whitespace());
    STANDARD.decode(base64.as_bytes()).ok().map(Zeroizing::new)
}

#[cfg(test)]
mod tests;
