//! The proof that a receiver decrypts: `X-Kayle-Proof`, the lower-case hex SHA-256 of
//! `kayle-proof.<event_id>.<challenge>` (contract 14.1).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use kayle_primitives::{Entropy, EventId};
use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq as _;

/// The length of a challenge: nobody guesses it.
const CHALLENGE_BYTES: usize = 32;

/// Draws a challenge: 32 random bytes in base64url.
pub fn draw_challenge(entropy: &dyn Entropy) -> String {
    let mut bytes = [0; CHALLENGE_BYTES];
    entropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}

/// What a receiver that decrypted a test answers with. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct ExpectedProof(String);

impl ExpectedProof {
    /// Returns the proof of a test.
    pub fn of(event_id: &EventId, challenge: &str) -> Self {
        let message = format!("kayle-proof.{event_id}.{challenge}");
        Self(sha256_hex(message.as_bytes()))
    }

    /// Compares an answered value with it, in constant time.
    pub fn matches(&self, answered: &[u8]) -> bool {
        self.0.as_bytes().ct_eq(answered).into()
    }
}

impl fmt::Debug for ExpectedProof {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<proof>")
    }
}

/// Returns the SHA-256 of bytes, in lower-case hex.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(digest(&SHA256, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_very_text_is_the_proof() {
        let event_id = EventId::parse("evt_1").unwrap();
        let proof = ExpectedProof::of(&event_id, "challenge");
        // printf kayle-proof.evt_1.challenge | sha256sum
        let answered = PROOF;
        assert!(proof.matches(answered.as_bytes()));
        assert!(!proof.matches(answered.to_uppercase().as_bytes()));
        assert!(!proof.matches(&answered.as_bytes()[1..]));
        assert!(!proof.matches(b""));
        assert!(!ExpectedProof::of(&event_id, "other").matches(answered.as_bytes()));
    }

    const PROOF: &str = "ed3302c25c6751636b306ed2ab7a6b33abf0f2fc45f29f62847eb7ea6201020f";

    #[test]
    fn neither_shows_itself() {
        let event_id = EventId::parse("evt_1").unwrap();
        let proof = ExpectedProof::of(&event_id, "challenge");
        assert_eq!(format!("{proof:?}"), "<proof>");
    }
}
