//! A customer's RSA public key, from the members `n` and `e` of its JWK.
//!
//! The shape of the whole JWK (contract 8.2, checks 1 to 7) is judged where keys are registered;
//! this file decides whether the two numbers are a key that can encrypt (checks 3 and 8).

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::rsa::{
    self, OAEP_SHA256_MGF1SHA256, OaepPublicEncryptingKey, PublicEncryptingKey, PublicKeyComponents,
};
use aws_lc_rs::signature::RsaPublicKeyComponents;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use biscuit::jwk::RSAKeyParameters;
use ring::digest;

use crate::pem;

/// The shortest modulus that is accepted, in significant bits (contract 8.2).
pub const MODULUS_BITS_MIN: u64 = 2048;

/// The longest modulus that AWS-LC's Rust interface takes. The contract sets no limit of its own
/// below the 8192 characters of `n`; keys of 16384 bits are not used with RSA-OAEP in practice.
pub const MODULUS_BITS_MAX: u64 = 8192;

/// The longest exponent that AWS-LC takes: a longer one only makes encryption slow, which is a way
/// to attack the one who encrypts.
pub const EXPONENT_BITS_MAX: u64 = 33;

/// A public key that has encrypted once already. Cloning shares it.
#[derive(Clone)]
pub struct PublicKey {
    oaep: Arc<OaepPublicEncryptingKey>,
}

/// The members `n` and `e` of a public RSA JWK: base64url without padding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicJwk {
    /// The modulus.
    pub n: String,
    /// The exponent.
    pub e: String,
}

/// The text is not a PEM of a public RSA key. Never carries a value: it may be a private key by
/// mistake.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a PEM (BEGIN PUBLIC KEY) of an RSA key")]
pub struct PublicPemError;

impl PublicJwk {
    /// Reads the members from the PEM that `openssl pkey -pubout` and most libraries write: one
    /// block `BEGIN PUBLIC KEY` (RFC 7468, 13). Whether the key can encrypt is for
    /// [`PublicKey::import`] to say.
    pub fn from_pem(text: &str) -> Result<Self, PublicPemError> {
        let der = pem::decode(text, &pem::PUBLIC_KEY).ok_or(PublicPemError)?;
        Self::from_der(&der).ok_or(PublicPemError)
    }

    /// Returns the key's thumbprint (RFC 7638, SHA-256): 43 characters of base64url. It is the same
    /// wherever the key is, if `n` and `e` are written without leading zero bytes.
    pub fn thumbprint(&self) -> String {
        let canonical = format!(r#"{{"e":"{}","kty":"RSA","n":"{}"}}"#, self.e, self.n);
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, canonical.as_bytes()))
    }

    /// Returns the modulus's significant bits; 0 if it cannot be read.
    pub fn bits(&self) -> u64 {
        parse(&self.n, &self.e).map_or(0, |numbers| numbers.n.bits())
    }

    /// Reads the members from DER (RFC 5280 or RFC 8017); `None` if it is no public RSA key.
    pub(crate) fn from_der(der: &[u8]) -> Option<Self> {
        let key = rsa::PublicKey::from_der(der).ok()?;
        let numbers = RsaPublicKeyComponents::<Vec<u8>>::from(&key);
        Some(Self {
            n: URL_SAFE_NO_PAD.encode(numbers.n),
            e: URL_SAFE_NO_PAD.encode(numbers.e),
        })
    }
}

/// The two numbers are not a usable public key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyImportError {
    /// `n` or `e` is not base64url, or is padded, or holds blanks.
    #[error("n and e must be base64url without padding")]
    Encoding,
    /// The modulus is shorter than [`MODULUS_BITS_MIN`]; leading zeros do not count.
    #[error("the modulus has {bits} bits, and must have {MODULUS_BITS_MIN} to {MODULUS_BITS_MAX}")]
    ModulusTooShort {
        /// Its significant bits.
        bits: u64,
    },
    /// The modulus is longer than [`MODULUS_BITS_MAX`].
    #[error("the modulus has {bits} bits, and must have {MODULUS_BITS_MIN} to {MODULUS_BITS_MAX}")]
    ModulusTooLong {
        /// Its significant bits.
        bits: u64,
    },
    /// The modulus is even, so it is not the product of two odd primes.
    #[error("the modulus is even")]
    EvenModulus,
    /// The exponent is 1 (which encrypts nothing), even (which nothing decrypts) or longer than
    /// [`EXPONENT_BITS_MAX`].
    #[error("the exponent must be odd, greater than 1 and at most {EXPONENT_BITS_MAX} bits long")]
    Exponent,
    /// The numbers look right, but encrypting with them failed.
    #[error("the key cannot encrypt")]
    Unusable,
}

impl PublicKey {
    /// Imports a key and encrypts once with it: AWS-LC takes some numbers as a key and fails only
    /// when they are used, which would be in the middle of a delivery.
    ///
    /// A modulus that is not the product of two primes cannot be told from one that is; who
    /// registers such a key can read nothing, or lets others read, and harms only themselves.
    pub fn import(n: &str, e: &str) -> Result<Self, KeyImportError> {
        let numbers = parse(n, e)?;
        check_modulus(&numbers)?;
        check_exponent(&numbers)?;
        let components = PublicKeyComponents {
            n: numbers.n.to_bytes_be(),
            e: numbers.e.to_bytes_be(),
        };
        let key: PublicEncryptingKey = components
            .try_into()
            .map_err(|_| KeyImportError::Unusable)?;
        Self::from_aws_lc(key)
    }

    fn from_aws_lc(key: PublicEncryptingKey) -> Result<Self, KeyImportError> {
        let oaep = OaepPublicEncryptingKey::new(key).map_err(|_| KeyImportError::Unusable)?;
        let key = Self {
            oaep: Arc::new(oaep),
        };
        match key.wrap(&[0; 32]) {
            Some(_) => Ok(key),
            None => Err(KeyImportError::Unusable),
        }
    }

    /// Encrypts a content encryption key: RSA-OAEP, SHA-256 for hash and MGF1, no label.
    pub(crate) fn wrap(&self, cek: &[u8; 32]) -> Option<Vec<u8>> {
        let mut wrapped = vec![0; self.oaep.ciphertext_size()];
        let length = self
            .oaep
            .encrypt(&OAEP_SHA256_MGF1SHA256, cek, &mut wrapped, None)
            .ok()?
            .len();
        wrapped.truncate(length);
        Some(wrapped)
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "PublicKey({} bits)", self.oaep.key_size_bits())
    }
}

fn parse(n: &str, e: &str) -> Result<RSAKeyParameters, KeyImportError> {
    if n.is_empty() || e.is_empty() {
        return Err(KeyImportError::Encoding);
    }
    serde_json::from_value(serde_json::json!({ "kty": "RSA", "n": n, "e": e }))
        .map_err(|_| KeyImportError::Encoding)
}

fn check_modulus(numbers: &RSAKeyParameters) -> Result<(), KeyImportError> {
    let bits = numbers.n.bits();
    if bits < MODULUS_BITS_MIN {
        return Err(KeyImportError::ModulusTooShort { bits });
    }
    if bits > MODULUS_BITS_MAX {
        return Err(KeyImportError::ModulusTooLong { bits });
    }
    if !numbers.n.bit(0) {
        return Err(KeyImportError::EvenModulus);
    }
    Ok(())
}

fn check_exponent(numbers: &RSAKeyParameters) -> Result<(), KeyImportError> {
    let bits = numbers.e.bits();
    if numbers.e.bit(0) && (2..=EXPONENT_BITS_MAX).contains(&bits) {
        Ok(())
    } else {
        Err(KeyImportError::Exponent)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::identity_key::tests::{P384_PEM, RSA_1024_PEM, RSA_PEM};
    use crate::private_key::PrivateKey;

    const E_65537: &str = "AQAB";

    /// Returns `bits` significant bits, all of them set, after `zeros` leading zero bytes.
    fn modulus(bits: usize, zeros: usize) -> Vec<u8> {
        let mut bytes = vec![0; zeros];
        if !bits.is_multiple_of(8) {
            bytes.push((1u8 << (bits % 8)) - 1);
        }
        bytes.resize(bytes.len() + bits / 8, 0xff);
        bytes
    }

    fn import(n: &[u8], e: &[u8]) -> Result<(), KeyImportError> {
        PublicKey::import(&URL_SAFE_NO_PAD.encode(n), &URL_SAFE_NO_PAD.encode(e)).map(|_| ())
    }

    #[test]
    fn a_key_is_shared_between_threads() {
        fn check<T: Send + Sync + Clone>() {}
        check::<PublicKey>();
    }

    #[test]
    fn a_modulus_is_measured_without_its_leading_zeros() {
        fn check(bits: usize, zeros: usize, expected: Result<(), KeyImportError>) {
            let imported = import(&modulus(bits, zeros), &[1, 0, 1]);
            assert_eq!(imported, expected, "{bits} bits after {zeros} zero bytes");
        }
        check(2048, 0, Ok(()));
        check(2048, 3, Ok(()));
        check(2049, 0, Ok(()));
        check(8192, 0, Ok(()));
        check(2047, 0, Err(KeyImportError::ModulusTooShort { bits: 2047 }));
        check(2040, 1, Err(KeyImportError::ModulusTooShort { bits: 2040 }));
        check(8193, 0, Err(KeyImportError::ModulusTooLong { bits: 8193 }));
        check(0, 256, Err(KeyImportError::ModulusTooShort { bits: 0 }));
    }

    #[test]
    fn an_even_modulus_is_refused() {
        let mut even = modulus(2048, 0);
        *even.last_mut().unwrap() = 0xfe;
        assert_eq!(import(&even, &[1, 0, 1]), Err(KeyImportError::EvenModulus));
    }

    #[test]
    fn only_exponents_that_encrypt_are_accepted() {
        fn check(e: &[u8], expected: Result<(), KeyImportError>) {
            assert_eq!(import(&modulus(2048, 0), e), expected, "{e:?}");
        }
        check(&[3], Ok(()));
        check(&[1, 0, 1], Ok(()));
        check(&[0, 0, 1, 0, 1], Ok(()));
        check(&[1, 0, 0, 0, 1], Ok(()));
        check(&[0], Err(KeyImportError::Exponent));
        check(&[1], Err(KeyImportError::Exponent));
        check(&[2], Err(KeyImportError::Exponent));
        check(&[1, 0, 0], Err(KeyImportError::Exponent));
        check(&[2, 0, 0, 0, 1], Err(KeyImportError::Exponent));
    }

    #[test]
    fn only_unpadded_base64url_is_accepted() {
        let n = URL_SAFE_NO_PAD.encode(modulus(2048, 0));
        let check = |n: &str, e: &str| {
            let imported = PublicKey::import(n, e).map(|_| ());
            assert_eq!(imported, Err(KeyImportError::Encoding), "{n:?} {e:?}");
        };
        check("", E_65537);
        check(&n, "");
        check(&format!("{n}=="), E_65537);
        check(&format!(" {n}"), E_65537);
        check(&n.replace('_', "/"), E_65537);
        check(&n, "AQAB\n");
        check(&n, "A");
    }

    /// The numbers are what `openssl rsa -pubin -modulus` says of it.
    #[test]
    fn the_members_are_read_from_a_pem() {
        let members = PublicJwk::from_pem(RSA_1024_PEM).unwrap();
        assert_eq!(
            members.n,
            "p62dJmuJTg9SEca1ABfDUZeU1Qx0xsw6KSQxYP0dMy0Q2Aj8s-214a9PfBIaCw8Wlj2-9xclf1kRK2ppOq21J6Q\
             zgEjhFWz--LKmqrGHjBdWrwu5c69hD-TMoFdeeAU7sk36tFw9eyZuSFoY_viE-afqdiKjy58Y6tQVKV1E8us"
        );
        assert_eq!(members.e, E_65537);
        let members = PublicJwk::from_pem(&RSA_PEM.replace('\n', "\r\n")).unwrap();
        assert!(PublicKey::import(&members.n, &members.e).is_ok());
    }

    #[test]
    fn only_one_block_of_a_public_rsa_key_is_read() {
        let check = |text: &str| assert_eq!(PublicJwk::from_pem(text), Err(PublicPemError));
        let private = PrivateKey::generate().to_pkcs8_pem();
        check("");
        check("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----");
        check("-----BEGIN PUBLIC KEY-----");
        check(P384_PEM);
        check(&private);
        check(&private.replace("PRIVATE KEY", "PUBLIC KEY"));
        check(&RSA_PEM.replace("PUBLIC KEY", "RSA PUBLIC KEY"));
        check(&format!("{}{}", *RSA_PEM, *RSA_PEM));
        check(&format!("mine: {}", *RSA_PEM));
    }

    /// The key and the thumbprint of RFC 7638, section 3.1.
    #[test]
    fn a_thumbprint_is_that_of_rfc_7638() {
        let key = PublicJwk {
            n: "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_\
                BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_\
                FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI\
                4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
                .to_owned(),
            e: E_65537.to_owned(),
        };
        assert_eq!(
            key.thumbprint(),
            "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs"
        );
        assert_eq!(key.bits(), 2048);
    }

    #[test]
    fn the_debug_form_names_the_size_only() {
        let members = PrivateKey::generate().public_jwk_members();
        let key = PublicKey::import(&members.n, &members.e).unwrap();
        assert_eq!(format!("{key:?}"), "PublicKey(2048 bits)");
    }
}
