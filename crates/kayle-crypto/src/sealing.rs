//! Signing secrets and retired keys at rest, and secrets that a browser keeps for a moment:
//! AES-256-GCM under the key ring (contract 8.5).
//!
//! The row id, or whose and what a secret is, is associated data: a ciphertext in another place does
//! not open. Nonces
//! are random: at 96 bits, one key may seal 2^32 secrets before a repetition becomes likelier
//! than 2^-32 (NIST SP 800-38D, 8.3).

use kayle_primitives::Entropy;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce};
use zeroize::Zeroizing;

use crate::key_ring::{KeyRing, RecognisingSecrets, RingKey};

/// A sealed text, as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sealed {
    /// Which key of the ring sealed it.
    pub key_id: String,
    /// Nonce (12 bytes), ciphertext, tag (16 bytes).
    pub bytes: Vec<u8>,
}

/// A sealed text does not open.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    /// It was sealed under a key that this ring does not hold.
    #[error("sealed under the key {key_id}, which is not in the key ring")]
    UnknownKey {
        /// The id of that key.
        key_id: String,
    },
    /// It was altered, belongs to another row, or never was a sealed text.
    #[error("the ciphertext is not authentic for this row")]
    NotAuthentic,
}

impl KeyRing {
    /// Seals an endpoint's signing secret for the row `row_id`, under the current key.
    pub fn seal_signing_secret(
        &self,
        row_id: &str,
        plaintext: &str,
        entropy: &dyn Entropy,
    ) -> Sealed {
        let key = &self.current.signing_secrets;
        Sealed {
            key_id: self.current.id.clone(),
            bytes: seal(key, row_aad(row_id), plaintext, entropy),
        }
    }

    /// Opens what [`KeyRing::seal_signing_secret`] sealed for the same row, under any key of the
    /// ring.
    pub fn open_signing_secret(
        &self,
        row_id: &str,
        sealed: &Sealed,
    ) -> Result<Zeroizing<String>, OpenError> {
        let key = self.key_that_sealed(sealed)?;
        open(&key.signing_secrets, row_aad(row_id), &sealed.bytes).ok_or(OpenError::NotAuthentic)
    }

    /// Seals a secret for the browser that it is shown in, as lowercase hex. `place` says whose and
    /// what it is; only there it opens again.
    pub fn seal_for_browser(&self, place: &str, plaintext: &str, entropy: &dyn Entropy) -> String {
        let key = &self.current.shown_secrets;
        hex::encode(seal(key, browser_aad(place), plaintext, entropy))
    }

    /// Opens what [`KeyRing::seal_for_browser`] sealed for the same place, under any key of the
    /// ring; `None` for anything else.
    pub fn open_for_browser(&self, place: &str, sealed: &str) -> Option<Zeroizing<String>> {
        let bytes = hex::decode(sealed).ok()?;
        self.keys()
            .find_map(|key| open(&key.shown_secrets, browser_aad(place), &bytes))
    }

    /// Seals the subkeys of the retired key `id`, under the current key.
    pub(crate) fn seal_retired(
        &self,
        id: &str,
        secrets: &RecognisingSecrets,
        entropy: &dyn Entropy,
    ) -> Sealed {
        let texts = secrets
            .each_ref()
            .map(|secret| Zeroizing::new(hex::encode(secret)));
        let text = Zeroizing::new(texts.each_ref().map(|text| text.as_str()).join(" "));
        let key = &self.current.retired_keys;
        Sealed {
            key_id: self.current.id.clone(),
            bytes: seal(key, retired_aad(id), &text, entropy),
        }
    }

    /// Opens what [`KeyRing::seal_retired`] sealed for the same key, under any key of the ring.
    pub(crate) fn open_retired(
        &self,
        id: &str,
        sealed: &Sealed,
    ) -> Result<RecognisingSecrets, OpenError> {
        let key = self.key_that_sealed(sealed)?;
        let opened = open(&key.retired_keys, retired_aad(id), &sealed.bytes);
        let text = opened.ok_or(OpenError::NotAuthentic)?;
        let mut secrets = RecognisingSecrets::default();
        let mut texts = text.split(' ');
        for secret in &mut secrets {
            let text = texts.next().unwrap_or_default();
            hex::decode_to_slice(text, secret.as_mut_slice())
                .map_err(|_| OpenError::NotAuthentic)?;
        }
        Ok(secrets)
    }

    fn key_that_sealed(&self, sealed: &Sealed) -> Result<&RingKey, OpenError> {
        let key = self.key(&sealed.key_id);
        key.ok_or_else(|| OpenError::UnknownKey {
            key_id: sealed.key_id.clone(),
        })
    }
}

fn seal(key: &LessSafeKey, aad: Aad<Vec<u8>>, plaintext: &str, entropy: &dyn Entropy) -> Vec<u8> {
    let mut nonce = [0; NONCE_LEN];
    entropy.fill(&mut nonce);
    // Room for everything at once: growing would leave a copy of the plaintext behind.
    let mut bytes = Vec::with_capacity(NONCE_LEN + plaintext.len() + AES_256_GCM.tag_len());
    bytes.extend_from_slice(&nonce);
    bytes.extend_from_slice(plaintext.as_bytes());
    let nonce = Nonce::assume_unique_for_key(nonce);
    let tag = key
        .seal_in_place_separate_tag(nonce, aad, &mut bytes[NONCE_LEN..])
        .expect("a text in memory is shorter than the 64 GiB that AES-GCM can take");
    bytes.extend_from_slice(tag.as_ref());
    bytes
}

fn open(key: &LessSafeKey, aad: Aad<Vec<u8>>, sealed: &[u8]) -> Option<Zeroizing<String>> {
    let (nonce, ciphertext) = sealed.split_first_chunk::<NONCE_LEN>()?;
    let mut buffer = Zeroizing::new(ciphertext.to_vec());
    let nonce = Nonce::assume_unique_for_key(*nonce);
    let plaintext = key.open_in_place(nonce, aad, &mut buffer).ok()?;
    let text = std::str::from_utf8(plaintext).ok()?;
    Some(Zeroizing::new(text.to_owned()))
}

fn browser_aad(place: &str) -> Aad<Vec<u8>> {
    Aad::from([b"kayle-webhooks|shown secret|v1|", place.as_bytes()].concat())
}

fn retired_aad(key_id: &str) -> Aad<Vec<u8>> {
    Aad::from([b"kayle-webhooks|retired key|v1|", key_id.as_bytes()].concat())
}

/// The prefix keeps this use apart from any other that may seal under the same subkey.
fn row_aad(row_id: &str) -> Aad<Vec<u8>> {
    Aad::from([b"kayle-webhooks|signing secret|v1|", row_id.as_bytes()].concat())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::Counted;

    fn ring() -> KeyRing {
        KeyRing::new(&[1; 32], &[]).unwrap()
    }

    #[test]
    fn a_previous_key_opens_what_it_sealed() {
        let sealed = ring().seal_signing_secret("whe_a", "whsec_x", &Counted::default());
        let changed = KeyRing::new(&[2; 32], &[&[1; 32]]).unwrap();
        let opened = changed.open_signing_secret("whe_a", &sealed).unwrap();
        assert_eq!(opened.as_str(), "whsec_x");
    }

    #[test]
    fn a_ring_without_the_key_says_which_one_is_missing() {
        let sealed = ring().seal_signing_secret("whe_a", "whsec_x", &Counted::default());
        let other = KeyRing::new(&[2; 32], &[]).unwrap();
        assert_eq!(
            other.open_signing_secret("whe_a", &sealed),
            Err(OpenError::UnknownKey {
                key_id: ring().current_key_id().to_owned()
            })
        );
    }

    #[test]
    fn what_a_browser_keeps_opens_in_its_place_alone() {
        let sealed = ring().seal_for_browser("a|b", "whsec_x", &Counted::default());
        let changed = KeyRing::new(&[2; 32], &[&[1; 32]]).unwrap();
        let opened = changed.open_for_browser("a|b", &sealed).unwrap();
        assert_eq!(opened.as_str(), "whsec_x");
        assert_eq!(ring().open_for_browser("a|c", &sealed), None);
        assert_eq!(ring().open_for_browser("a|b", &sealed[2..]), None);
        assert_eq!(ring().open_for_browser("a|b", "no hex"), None);
        assert_eq!(ring().open_for_browser("a|b", ""), None);
    }

    #[test]
    fn sealing_twice_gives_different_bytes() {
        let (ring, entropy) = (ring(), Counted::default());
        assert_ne!(
            ring.seal_signing_secret("whe_a", "whsec_x", &entropy),
            ring.seal_signing_secret("whe_a", "whsec_x", &entropy)
        );
    }

    #[test]
    fn bytes_too_short_to_be_sealed_are_refused() {
        for length in 0..28 {
            let sealed = Sealed {
                key_id: ring().current_key_id().to_owned(),
                bytes: vec![0; length],
            };
            let opened = ring().open_signing_secret("whe_a", &sealed);
            assert_eq!(opened, Err(OpenError::NotAuthentic), "{length} bytes");
        }
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_for_its_row_alone(row in ".{0,40}", other in ".{0,40}", text in ".{0,80}") {
            let sealed = ring().seal_signing_secret(&row, &text, &Counted::default());
            let opened = ring().open_signing_secret(&row, &sealed);
            prop_assert_eq!(opened, Ok(Zeroizing::new(text)));
            prop_assume!(row != other);
            prop_assert_eq!(
                ring().open_signing_secret(&other, &sealed),
                Err(OpenError::NotAuthentic)
            );
        }

        #[test]
        fn any_flipped_bit_refuses(text in ".{0,40}", position: prop::sample::Index) {
            let mut sealed = ring().seal_signing_secret("whe_a", &text, &Counted::default());
            let bit = position.index(sealed.bytes.len() * 8);
            sealed.bytes[bit / 8] ^= 1 << (bit % 8);
            prop_assert_eq!(
                ring().open_signing_secret("whe_a", &sealed),
                Err(OpenError::NotAuthentic)
            );
        }

        #[test]
        fn another_key_under_the_same_id_refuses(secret: [u8; 32], text in ".{0,40}") {
            prop_assume!(secret != [1; 32]);
            let mut sealed = ring().seal_signing_secret("whe_a", &text, &Counted::default());
            let other = KeyRing::new(&secret, &[]).unwrap();
            sealed.key_id = other.current_key_id().to_owned();
            prop_assert_eq!(
                other.open_signing_secret("whe_a", &sealed),
                Err(OpenError::NotAuthentic)
            );
        }
    }
}
