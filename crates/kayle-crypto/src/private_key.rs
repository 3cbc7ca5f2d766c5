//! A customer's RSA private key: for customers who write Rust, and for tests.

use std::fmt;

use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa::{
    KeyPair, KeySize, OAEP_SHA256_MGF1SHA256, OaepPrivateDecryptingKey, PrivateDecryptingKey,
};
use aws_lc_rs::signature::{KeyPair as _, RsaPublicKeyComponents};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use zeroize::Zeroizing;

use crate::jwk::PublicJwk;
use crate::pem;

/// What a customer decrypts with. Here for customers who write Rust, and for tests; the service
/// itself never holds one.
pub struct PrivateKey {
    oaep: OaepPrivateDecryptingKey,
    pkcs8: Pkcs8V1Der<'static>,
    public: PublicJwk,
}

/// The text is not an RSA private key of 2048 to 8192 bits in a PKCS#8 PEM.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a PKCS#8 PEM (BEGIN PRIVATE KEY) of an RSA key with 2048 to 8192 bits")]
pub struct PrivateKeyError;

impl PrivateKey {
    /// Creates a fresh RSA key of 2048 bits, with AWS-LC's own randomness.
    pub fn generate() -> Self {
        PrivateDecryptingKey::generate(KeySize::Rsa2048)
            .ok()
            .and_then(Self::from_aws_lc)
            .expect("AWS-LC makes RSA keys that it accepts")
    }

    /// Reads a key from the PEM that `openssl genpkey` and most libraries write
    /// (`BEGIN PRIVATE KEY`).
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, PrivateKeyError> {
        let der = pem::decode(pem, &pem::PRIVATE_KEY).ok_or(PrivateKeyError)?;
        let key = PrivateDecryptingKey::from_pkcs8(&der).map_err(|_| PrivateKeyError)?;
        Self::from_aws_lc(key).ok_or(PrivateKeyError)
    }

    /// Writes the key as a PEM that [`PrivateKey::from_pkcs8_pem`] reads.
    pub fn to_pkcs8_pem(&self) -> Zeroizing<String> {
        let base64 = Zeroizing::new(STANDARD.encode(self.pkcs8.as_ref()));
        let mut pem = Zeroizing::new(String::with_capacity(base64.len() * 2));
        pem.push_str(pem::PRIVATE_KEY.begin);
        for (index, symbol) in base64.chars().enumerate() {
            if index.is_multiple_of(PEM_LINE_CHARS) {
                pem.push('\n');
            }
            pem.push(symbol);
        }
        pem.push('\n');
        pem.push_str(pem::PRIVATE_KEY.end);
        pem.push('\n');
        pem
    }

    /// Returns the public half, to be registered with the service.
    pub fn public_jwk_members(&self) -> PublicJwk {
        self.public.clone()
    }

    fn from_aws_lc(key: PrivateDecryptingKey) -> Option<Self> {
        let pkcs8 = key.as_der().ok()?;
        let pair = KeyPair::from_pkcs8(pkcs8.as_ref()).ok()?;
        let public = RsaPublicKeyComponents::<Vec<u8>>::from(pair.public_key());
        Some(Self {
            oaep: OaepPrivateDecryptingKey::new(key).ok()?,
            pkcs8,
            public: PublicJwk {
                n: URL_SAFE_NO_PAD.encode(public.n),
                e: URL_SAFE_NO_PAD.encode(public.e),
            },
        })
    }

    /// Decrypts a content encryption key; `None` if it is not one for this key.
    pub(crate) fn unwrap_cek(&self, wrapped: &[u8]) -> Option<Zeroizing<[u8; 32]>> {
        let mut buffer = Zeroizing::new(vec![0; self.oaep.min_output_size()]);
        let cek = self
            .oaep
            .decrypt(&OAEP_SHA256_MGF1SHA256, wrapped, &mut buffer, None)
            .ok()?;
        let cek: &[u8; 32] = (&*cek).try_into().ok()?;
        Some(Zeroizing::new(*cek))
    }
}

impl fmt::Debug for PrivateKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PrivateKey({} bits)", self.oaep.key_size_bits())
    }
}

/// RFC 7468 (2): lines of exactly 64 characters.
const PEM_LINE_CHARS: usize = 64;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_private_key_survives_its_pem() {
        let key = PrivateKey::generate();
        let pem = key.to_pkcs8_pem();
        let read = PrivateKey::from_pkcs8_pem(&pem).unwrap();
        assert_eq!(read.public_jwk_members(), key.public_jwk_members());
        assert_eq!(read.to_pkcs8_pem(), pem);
        assert!(pem.lines().all(|line| line.len() <= 64));
    }

    #[test]
    fn what_is_no_private_key_is_refused() {
        let key = PrivateKey::generate();
        let pem = key.to_pkcs8_pem();
        for text in [
            "",
            pem::PRIVATE_KEY.begin,
            &pem[..400],
            &pem.replace("PRIVATE", "PUBLIC"),
        ] {
            assert!(PrivateKey::from_pkcs8_pem(text).is_err());
        }
    }

    #[test]
    fn the_debug_form_names_the_size_only() {
        assert_eq!(
            format!("{:?}", PrivateKey::generate()),
            "PrivateKey(2048 bits)"
        );
    }
}
