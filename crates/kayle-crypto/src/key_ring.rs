//! The operator's secret keys: one current, any number of previous ones.
//!
//! The rule of this file: no key is used as it was given. Each use has its own subkey
//! (HKDF-SHA256, RFC 5869) under its own label, so that a value made for one use means nothing in
//! another, and learning one subkey tells nothing about the others (contract 8.5).

use std::fmt;

use jsonwebtoken::{DecodingKey, EncodingKey};
use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::hmac;
use zeroize::Zeroizing;

/// The shortest key that is accepted: as much entropy as the strongest subkey claims to have.
pub const SECRET_KEY_BYTES_MIN: usize = 32;

/// The operator's keys. The current one seals, hashes and signs; all of them open and verify, so
/// that a key change needs no moment at which everything is rewritten.
///
/// Deriving the subkeys happens once, in [`KeyRing::new`]; share the ring, do not rebuild it.
pub struct KeyRing {
    pub(crate) current: RingKey,
    previous: Vec<RingKey>,
}

/// A secret key is shorter than [`SECRET_KEY_BYTES_MIN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret key must have at least {SECRET_KEY_BYTES_MIN} bytes, this one has {bytes}")]
pub struct SecretKeyTooShort {
    /// How many bytes it has.
    pub bytes: usize,
}

impl KeyRing {
    /// Derives the subkeys of every key. `previous` are the keys that were current before, in any
    /// order; one that repeats another is left out.
    pub fn new(current: &[u8], previous: &[&[u8]]) -> Result<Self, SecretKeyTooShort> {
        let mut ring = Self {
            current: RingKey::derive(current)?,
            previous: Vec::with_capacity(previous.len()),
        };
        for secret in previous {
            let key = RingKey::derive(secret)?;
            if ring.key(&key.id).is_none() {
                ring.previous.push(key);
            }
        }
        Ok(ring)
    }

    /// Returns the id of the key that seals: what [`Sealed::key_id`](crate::Sealed) will say. It is
    /// derived from the key, so it says which key was used without a registry, and nothing else.
    pub fn current_key_id(&self) -> &str {
        &self.current.id
    }

    /// Returns all keys, the current one first.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &RingKey> {
        std::iter::once(&self.current).chain(&self.previous)
    }

    /// Finds a key by its id.
    pub(crate) fn key(&self, id: &str) -> Option<&RingKey> {
        self.keys().find(|key| key.id == id)
    }
}

impl fmt::Debug for KeyRing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.keys().map(|key| key.id.as_str()).collect();
        formatter
            .debug_struct("KeyRing")
            .field("key_ids", &ids)
            .finish_non_exhaustive()
    }
}

/// One secret key, as the subkeys of its uses.
pub(crate) struct RingKey {
    pub(crate) id: String,
    pub(crate) signing_secrets: LessSafeKey,
    pub(crate) shown_secrets: LessSafeKey,
    pub(crate) api_keys: hmac::Key,
    pub(crate) cancel_tokens: hmac::Key,
    pub(crate) attempt_reports: hmac::Key,
    pub(crate) sign_in_codes: hmac::Key,
    pub(crate) key_nonces: hmac::Key,
    pub(crate) audit_rows: hmac::Key,
    pub(crate) session_tokens: TokenKey,
    pub(crate) service_tokens: TokenKey,
}

/// A subkey that signs tokens, in the two forms that jsonwebtoken wants.
pub(crate) struct TokenKey {
    pub(crate) signing: EncodingKey,
    pub(crate) verifying: DecodingKey,
}

impl RingKey {
    fn derive(secret: &[u8]) -> Result<Self, SecretKeyTooShort> {
        if secret.len() < SECRET_KEY_BYTES_MIN {
            return Err(SecretKeyTooShort {
                bytes: secret.len(),
            });
        }
        let root = Salt::new(HKDF_SHA256, b"kayle-webhooks").extract(secret);
        Ok(Self {
            id: hex::encode(subkey_bytes::<KEY_ID_BYTES>(&root, "key id")),
            signing_secrets: sealing_subkey(&root, "signing secrets"),
            shown_secrets: sealing_subkey(&root, "shown secrets"),
            api_keys: hmac_subkey(&root, "API keys"),
            cancel_tokens: hmac_subkey(&root, "cancel tokens"),
            attempt_reports: hmac_subkey(&root, "attempt reports"),
            sign_in_codes: hmac_subkey(&root, "sign-in codes"),
            key_nonces: hmac_subkey(&root, "key nonces"),
            audit_rows: hmac_subkey(&root, "audit rows"),
            session_tokens: token_subkey(&root, "session tokens"),
            service_tokens: token_subkey(&root, "service tokens"),
        })
    }
}

/// Enough to tell the few keys of one installation apart. The id only finds a key; what proves
/// that it is the right one is the authentication tag.
const KEY_ID_BYTES: usize = 8;

fn sealing_subkey(root: &Prk, label: &str) -> LessSafeKey {
    let key = subkey_bytes::<32>(root, label);
    LessSafeKey::new(
        UnboundKey::new(&AES_256_GCM, key.as_slice()).expect("AES-256 takes a key of 32 bytes"),
    )
}

fn hmac_subkey(root: &Prk, label: &str) -> hmac::Key {
    hmac::Key::new(
        hmac::HMAC_SHA256,
        subkey_bytes::<32>(root, label).as_slice(),
    )
}

fn token_subkey(root: &Prk, label: &str) -> TokenKey {
    let key = subkey_bytes::<32>(root, label);
    TokenKey {
        signing: EncodingKey::from_secret(key.as_slice()),
        verifying: DecodingKey::from_secret(key.as_slice()),
    }
}

struct Bytes(usize);

impl KeyType for Bytes {
    fn len(&self) -> usize {
        self.0
    }
}

fn subkey_bytes<const N: usize>(root: &Prk, label: &str) -> Zeroizing<[u8; N]> {
    let mut bytes = Zeroizing::new([0; N]);
    root.expand(&[label.as_bytes()], Bytes(N))
        .and_then(|okm| okm.fill(bytes.as_mut_slice()))
        .expect("HKDF-SHA256 gives up to 8160 bytes");
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_of_less_than_32_bytes_is_refused() {
        let refused = KeyRing::new(&[1; 31], &[]).map(|_| ());
        assert_eq!(refused, Err(SecretKeyTooShort { bytes: 31 }));
        let refused = KeyRing::new(&[1; 32], &[&[2; 8]]).map(|_| ());
        assert_eq!(refused, Err(SecretKeyTooShort { bytes: 8 }));
    }

    #[test]
    fn a_key_id_follows_from_the_key_alone() {
        let ring = KeyRing::new(&[1; 32], &[&[2; 32]]).unwrap();
        let turned = KeyRing::new(&[2; 32], &[&[1; 32]]).unwrap();
        assert_eq!(ring.current_key_id().len(), 16);
        assert_ne!(ring.current_key_id(), turned.current_key_id());
        assert!(turned.key(ring.current_key_id()).is_some());
    }

    #[test]
    fn a_repeated_key_is_held_once() {
        let ring = KeyRing::new(&[1; 32], &[&[1; 32], &[2; 32], &[2; 32]]).unwrap();
        assert_eq!(ring.keys().count(), 2);
    }

    #[test]
    fn the_debug_form_shows_ids_only() {
        let ring = KeyRing::new(b"correct horse battery staple, 32", &[]).unwrap();
        let expected = format!("KeyRing {{ key_ids: [{:?}], .. }}", ring.current_key_id());
        assert_eq!(format!("{ring:?}"), expected);
    }

    /// Computed with Python: HKDF(SHA-256, salt "kayle-webhooks", info = label) over 32 bytes of
    /// 0x01. Every stored ciphertext and hash depends on these bytes.
    #[test]
    fn subkeys_are_those_of_rfc_5869() {
        fn check(label: &str, expected: &str) {
            let root = Salt::new(HKDF_SHA256, b"kayle-webhooks").extract(&[1; 32]);
            assert_eq!(hex::encode(subkey_bytes::<32>(&root, label)), expected);
        }
        check(
            "signing secrets",
            "070700268367edad0014f246c05a75861e4a55e86d1e4f3adf18997db9a718e8",
        );
        check(
            "API keys",
            "77cdbcfe8d651ed41c67104049f5f14191ecd8bce21e56a82f7301da9c55d664",
        );
    }
}
