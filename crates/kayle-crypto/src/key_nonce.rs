//! The nonce by which the holder of a private key shows that they can decrypt (contract 14.12).

use std::fmt;

use kayle_primitives::Entropy;
use kayle_primitives::entropy::lowercase_alphanumeric;
use ring::hmac;
use zeroize::Zeroizing;

use crate::key_ring::KeyRing;

/// Of 36 symbols each: 258 bits.
const KEY_NONCE_CHARS: usize = 50;

/// What is encrypted to a key, and is to come back.
pub struct KeyNonce(Zeroizing<String>);

impl KeyNonce {
    /// Creates a fresh nonce: 50 symbols of `a`-`z0`-`9`.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(Zeroizing::new(lowercase_alphanumeric(
            entropy,
            KEY_NONCE_CHARS,
        )))
    }

    /// Returns the nonce itself, to be encrypted.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for KeyNonce {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("KeyNonce(..)")
    }
}

impl KeyRing {
    /// Returns the hash under which a nonce is stored: HMAC-SHA256 under the current key, as 64
    /// lowercase hex digits.
    pub fn hash_key_nonce(&self, nonce: &KeyNonce) -> String {
        let key = &self.current.key_nonces;
        hex::encode(hmac::sign(key, nonce.expose().as_bytes()))
    }

    /// Returns whether `hash` was made from this nonce under any key of the ring. The comparison
    /// takes the same time wherever the two differ.
    pub fn verify_key_nonce(&self, nonce: &str, hash: &str) -> bool {
        let Ok(hash) = hex::decode(hash) else {
            return false;
        };
        self.keys()
            .any(|key| hmac::verify(&key.key_nonces, nonce.as_bytes(), &hash).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Counted;

    #[test]
    fn a_nonce_is_recognised_by_its_hash() {
        let ring = KeyRing::new(&[1; 32], &[]).unwrap();
        let nonce = KeyNonce::generate(&Counted::default());
        let hash = ring.hash_key_nonce(&nonce);
        assert_eq!((nonce.expose().len(), hash.len()), (50, 64));
        assert!(ring.verify_key_nonce(nonce.expose(), &hash));
        for other in ["", "x", &nonce.expose()[1..], &hash] {
            assert!(!ring.verify_key_nonce(other, &hash), "{other:?}");
        }
        assert!(!ring.verify_key_nonce(nonce.expose(), "no hash"));
    }

    #[test]
    fn a_nonce_is_recognised_after_the_operators_key_changed() {
        let nonce = KeyNonce::generate(&Counted::default());
        let hash = KeyRing::new(&[1; 32], &[]).unwrap().hash_key_nonce(&nonce);
        let changed = KeyRing::new(&[2; 32], &[&[1; 32]]).unwrap();
        assert!(changed.verify_key_nonce(nonce.expose(), &hash));
        let stranger = KeyRing::new(&[3; 32], &[]).unwrap();
        assert!(!stranger.verify_key_nonce(nonce.expose(), &hash));
    }

    #[test]
    fn the_debug_form_shows_nothing() {
        let nonce = KeyNonce::generate(&Counted::default());
        assert_eq!(format!("{nonce:?}"), "KeyNonce(..)");
    }
}
