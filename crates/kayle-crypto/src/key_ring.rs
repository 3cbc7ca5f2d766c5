//! The operator's secret keys: one current, any number of others, and what is left of retired ones.
//!
//! The rule of this file: no key is used as it was given. Each use has its own subkey
//! (HKDF-SHA256, RFC 5869) under its own label, so that a value made for one use means nothing in
//! another, and learning one subkey tells nothing about the others (contract 8.5).

use std::fmt;

use jsonwebtoken::{DecodingKey, EncodingKey};
use kayle_primitives::Entropy;
use ring::aead::{AES_256_GCM, LessSafeKey, UnboundKey};
use ring::hkdf::{HKDF_SHA256, KeyType, Prk, Salt};
use ring::hmac;
use zeroize::Zeroizing;

use crate::sealing::{OpenError, Sealed};

/// The shortest key that is accepted: as much entropy as the strongest subkey claims to have.
pub const SECRET_KEY_BYTES_MIN: usize = 32;

/// The operator's keys. The current one seals, hashes and signs; all of them open and verify, so
/// that a key change needs no moment at which everything is rewritten. Of a retired key only the
/// subkeys are left that recognise a text: they open and sign nothing.
///
/// Deriving the subkeys happens once, in [`KeyRing::new`]; share the ring, do not rebuild it.
pub struct KeyRing {
    pub(crate) current: RingKey,
    others: Vec<RingKey>,
    retired: Vec<Recognisers>,
}

/// A secret key is shorter than [`SECRET_KEY_BYTES_MIN`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a secret key must have at least {SECRET_KEY_BYTES_MIN} bytes, this one has {bytes}")]
pub struct SecretKeyTooShort {
    /// How many bytes it has.
    pub bytes: usize,
}

impl KeyRing {
    /// Derives the subkeys of every key. `others` are keys that were current before, or will be, in
    /// any order; one that repeats another is left out.
    pub fn new(current: &[u8], others: &[&[u8]]) -> Result<Self, SecretKeyTooShort> {
        let mut ring = Self {
            current: RingKey::derive(current)?,
            others: Vec::with_capacity(others.len()),
            retired: Vec::new(),
        };
        for secret in others {
            let key = RingKey::derive(secret)?;
            if !ring.holds(&key.id) {
                ring.others.push(key);
            }
        }
        Ok(ring)
    }

    /// Returns the id of the key that seals: what [`Sealed::key_id`](crate::Sealed) will say. It is
    /// derived from the key, so it says which key was used without a registry, and nothing else.
    pub fn current_key_id(&self) -> &str {
        &self.current.id
    }

    /// Returns the ids of all keys, the current one's first; not those of retired ones.
    pub fn key_ids(&self) -> Vec<String> {
        self.keys().map(|key| key.id.clone()).collect()
    }

    /// Returns whether a key with this id is in the ring: what it sealed opens.
    pub fn holds(&self, id: &str) -> bool {
        self.key(id).is_some()
    }

    /// Returns whether what a key with this id hashed is recognised: it is in the ring, or retired.
    pub fn recognises(&self, id: &str) -> bool {
        self.recognisers().any(|key| key.id == id)
    }

    /// Seals what recognises the hashes of another key of the ring, under the current key: what
    /// [`KeyRing::recall`] takes. `None` if the ring does not hold that key, or it is the current.
    pub fn retire(&self, id: &str, entropy: &dyn Entropy) -> Option<Sealed> {
        let key = self.others.iter().find(|key| key.id == id)?;
        Some(self.seal_retired(id, &key.recognising.secrets, entropy))
    }

    /// Seals a retired key anew, under the current key.
    pub fn reseal_retired(
        &self,
        id: &str,
        sealed: &Sealed,
        entropy: &dyn Entropy,
    ) -> Result<Sealed, OpenError> {
        let secrets = self.open_retired(id, sealed)?;
        Ok(self.seal_retired(id, &secrets, entropy))
    }

    /// Recognises from now on what a retired key hashed.
    pub fn recall(&mut self, id: &str, sealed: &Sealed) -> Result<(), OpenError> {
        let secrets = self.open_retired(id, sealed)?;
        if !self.recognises(id) {
            self.retired.push(Recognisers::new(id.to_owned(), secrets));
        }
        Ok(())
    }

    /// Returns all keys, the current one first.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &RingKey> {
        std::iter::once(&self.current).chain(&self.others)
    }

    /// Returns what recognises hashes, the current key's first.
    pub(crate) fn recognisers(&self) -> impl Iterator<Item = &Recognisers> {
        self.keys().map(|key| &key.recognising).chain(&self.retired)
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
    pub(crate) retired_keys: LessSafeKey,
    pub(crate) recognising: Recognisers,
    pub(crate) sign_in_codes: hmac::Key,
    pub(crate) key_nonces: hmac::Key,
    pub(crate) session_tokens: TokenKey,
    pub(crate) service_tokens: TokenKey,
}

/// The subkeys whose hashes are stored for longer than a key change takes, and cannot be made anew
/// without the text that was hashed. They outlive their key.
pub(crate) struct Recognisers {
    pub(crate) id: String,
    pub(crate) api_keys: hmac::Key,
    pub(crate) cancel_tokens: hmac::Key,
    pub(crate) attempt_reports: hmac::Key,
    pub(crate) audit_rows: hmac::Key,
    pub(crate) secrets: RecognisingSecrets,
}

/// The bytes of [`Recognisers`], in the order of [`RECOGNISING_LABELS`].
pub(crate) type RecognisingSecrets = [Zeroizing<[u8; SUBKEY_BYTES]>; RECOGNISING_LABELS.len()];

pub(crate) const SUBKEY_BYTES: usize = 32;

const RECOGNISING_LABELS: [&str; 4] =
    ["API keys", "cancel tokens", "attempt reports", "audit rows"];

impl Recognisers {
    fn new(id: String, secrets: RecognisingSecrets) -> Self {
        let [api_keys, cancel_tokens, attempt_reports, audit_rows] = secrets
            .each_ref()
            .map(|secret| hmac::Key::new(hmac::HMAC_SHA256, secret.as_slice()));
        Self {
            id,
            api_keys,
            cancel_tokens,
            attempt_reports,
            audit_rows,
            secrets,
        }
    }
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
        let id = hex::encode(subkey_bytes::<KEY_ID_BYTES>(&root, "key id"));
        let secrets = RECOGNISING_LABELS.map(|label| subkey_bytes(&root, label));
        Ok(Self {
            signing_secrets: sealing_subkey(&root, "signing secrets"),
            shown_secrets: sealing_subkey(&root, "shown secrets"),
            retired_keys: sealing_subkey(&root, "retired keys"),
            recognising: Recognisers::new(id.clone(), secrets),
            id,
            sign_in_codes: hmac_subkey(&root, "sign-in codes"),
            key_nonces: hmac_subkey(&root, "key nonces"),
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
    use crate::testing::Counted;

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
    fn a_retired_key_recognises_and_opens_and_signs_nothing() {
        let old = KeyRing::new(&[1; 32], &[]).unwrap();
        let id = old.current_key_id();
        let both = KeyRing::new(&[2; 32], &[&[1; 32]]).unwrap();
        let sealed = both.retire(id, &Counted::default()).unwrap();
        let mut after = KeyRing::new(&[2; 32], &[]).unwrap();
        let hash = old.hash_cancel_token("token");
        assert!(!after.verify_cancel_token("token", &hash));

        after.recall(id, &sealed).unwrap();

        assert!(after.verify_cancel_token("token", &hash));
        assert!(after.audit_row_matches(b"row", &old.hash_audit_row(b"row")));
        let fingerprint = old.fingerprint_attempt_report(b"{}");
        assert!(after.attempt_report_matches(b"{}", &fingerprint));
        let candidates = after.hash_api_key_candidates("kk_a");
        assert_eq!(candidates[1], old.hash_api_key("kk_a"));
        assert!(after.recognises(id) && !after.holds(id));
        let now = kayle_primitives::Timestamp::from_unix_ms(0);
        let ttl = std::time::Duration::from_mins(1);
        let minted = old.mint_service_token("id", "intake", now, ttl);
        assert!(after.verify_service_token(&minted.token, now).is_err());
    }

    #[test]
    fn a_retired_key_is_sealed_anew_at_each_change_and_opens_under_its_own_id_alone() {
        let entropy = Counted::default();
        let old = KeyRing::new(&[1; 32], &[]).unwrap();
        let id = old.current_key_id();
        let second = KeyRing::new(&[2; 32], &[&[1; 32]]).unwrap();
        let sealed = second.retire(id, &entropy).unwrap();
        let third = KeyRing::new(&[3; 32], &[&[2; 32]]).unwrap();
        let resealed = third.reseal_retired(id, &sealed, &entropy).unwrap();

        let mut last = KeyRing::new(&[3; 32], &[]).unwrap();
        let unknown = OpenError::UnknownKey {
            key_id: second.current_key_id().to_owned(),
        };
        assert_eq!(last.recall(id, &sealed), Err(unknown));
        assert_eq!(
            last.recall("another", &resealed),
            Err(OpenError::NotAuthentic)
        );
        last.recall(id, &resealed).unwrap();
        assert!(last.recognises(id));
        assert_eq!(last.retire(last.current_key_id(), &entropy), None);
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
