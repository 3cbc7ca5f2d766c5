//! The identity service's public key, which signs dashboard sessions (contract 13.3).

use std::fmt;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED, ED25519, ParsedPublicKey};
use jsonwebtoken::{Algorithm, DecodingKey};

use crate::jwk::{PublicJwk, PublicKey};

/// The public key of the identity service, and with it the one algorithm that it may sign with.
#[derive(Clone)]
pub struct IdentityKey {
    pub(crate) algorithm: Algorithm,
    pub(crate) verifying: DecodingKey,
}

/// The text is not a public key that sessions may be signed with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a PEM (BEGIN PUBLIC KEY) of an RSA (2048 to 8192 bits), P-256 or Ed25519 key")]
pub struct IdentityKeyError;

impl IdentityKey {
    /// Reads the key; its type fixes the algorithm: RSA means RS256, P-256 ES256, Ed25519 `EdDSA`.
    pub fn from_pem(pem: &str) -> Result<Self, IdentityKeyError> {
        if !pem.trim_start().starts_with("-----BEGIN PUBLIC KEY-----") {
            return Err(IdentityKeyError);
        }
        let kinds: [(Algorithm, PemReader, Check); 3] = [
            (Algorithm::RS256, DecodingKey::from_rsa_pem, is_rsa),
            (Algorithm::ES256, DecodingKey::from_ec_pem, is_p256),
            (Algorithm::EdDSA, DecodingKey::from_ed_pem, is_ed25519),
        ];
        kinds
            .into_iter()
            .find_map(|(algorithm, read, is_usable)| {
                let verifying = read(pem.as_bytes()).ok()?;
                let usable = verifying.try_get_as_bytes().is_ok_and(is_usable);
                usable.then_some(Self {
                    algorithm,
                    verifying,
                })
            })
            .ok_or(IdentityKeyError)
    }
}

type PemReader = fn(&[u8]) -> jsonwebtoken::errors::Result<DecodingKey>;

/// jsonwebtoken parses a key when it is used; a wrong one should stop the start instead of making
/// every session invalid.
type Check = fn(&[u8]) -> bool;

fn is_rsa(key: &[u8]) -> bool {
    PublicJwk::from_der(key).is_some_and(|key| PublicKey::import(&key.n, &key.e).is_ok())
}

fn is_p256(key: &[u8]) -> bool {
    ParsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, key).is_ok()
}

fn is_ed25519(key: &[u8]) -> bool {
    ParsedPublicKey::new(&ED25519, key).is_ok()
}

impl fmt::Debug for IdentityKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "IdentityKey({:?})", self.algorithm)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use std::sync::LazyLock;

    use serde_json::Value;

    use super::*;
    use crate::private_key::PrivateKey;

    /// An RSA key with which jwcrypto signed a session.
    pub(crate) static RSA_PEM: LazyLock<String> = LazyLock::new(|| {
        let vectors: Value =
            serde_json::from_str(include_str!("../tests/vectors/jwcrypto.json")).unwrap();
        let pems = vectors["session_tokens"].as_array().unwrap();
        let rsa = pems
            .iter()
            .find_map(|vector| vector["identity_pem"].as_str());
        rsa.unwrap().to_owned()
    });

    #[test]
    fn only_usable_public_keys_are_read() {
        fn check(pem: &str, accepted: bool) {
            assert_eq!(IdentityKey::from_pem(pem).is_ok(), accepted, "{pem}");
        }
        check(&RSA_PEM, true);
        check("", false);
        check(
            "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
            false,
        );
        check(&RSA_PEM.replace("PUBLIC KEY", "PRIVATE KEY"), false);
        check(&RSA_PEM.replace("PUBLIC KEY", "RSA PUBLIC KEY"), false);
        check(P384_PEM, false);
        check(RSA_1024_PEM, false);
        check(&PrivateKey::generate().to_pkcs8_pem(), false);
    }

    #[test]
    fn the_debug_form_names_the_algorithm_only() {
        let identity = IdentityKey::from_pem(&RSA_PEM).unwrap();
        assert_eq!(format!("{identity:?}"), "IdentityKey(RS256)");
    }

    pub(crate) const P384_PEM: &str = "-----BEGIN PUBLIC KEY-----
MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEDlu4FEPFZUJgeqxQZZ+SEPBn862TPbcv
Np89yRnpnDO7eqDdiMMT7HQWH44GXVdhvTeqiMFiJ6+mVuPNdX2cX71gVsvzOVYJ
eWBLPRCt2ew+oLpPRavzNqfRvfVe09i2
-----END PUBLIC KEY-----";

    pub(crate) const RSA_1024_PEM: &str = "-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCnrZ0ma4lOD1IRxrUAF8NRl5TV
DHTGzDopJDFg/R0zLRDYCPyz7bXhr098EhoLDxaWPb73FyV/WREramk6rbUnpDOA
SOEVbP74sqaqsYeMF1avC7lzr2EP5MygV154BTuyTfq0XD17Jm5IWhj++IT5p+p2
IqPLnxjq1BUpXUTy6wIDAQAB
-----END PUBLIC KEY-----";
}
