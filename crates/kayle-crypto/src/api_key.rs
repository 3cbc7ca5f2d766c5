//! Texts that a caller presents and we only recognise: API keys, cancel tokens, sign-in codes, and
//! the fingerprint of a reported attempt.
//!
//! What is stored is an HMAC, not a plain hash: a copy of the database alone allows no guessing,
//! however little entropy the text has (contract 8.5, 8.6).

use std::fmt;

use kayle_primitives::Entropy;
use kayle_primitives::entropy::lowercase_alphanumeric;
use ring::hmac;
use zeroize::Zeroizing;

use crate::key_ring::{KeyRing, Recognisers, RingKey};

const API_KEY_PREFIX: &str = "kk_";
const API_KEY_BODY_CHARS: usize = 32;
const CANCEL_TOKEN_CHARS: usize = 48;
/// Of 36 symbols each: 258 bits.
const SIGN_IN_CODE_CHARS: usize = 50;

/// Keeps the hash of a cancel token apart from any other HMAC (contract 8.6).
const CANCEL_TOKEN_DOMAIN: &str = "verify_cancel_token_v1|";

/// An API key as its owner sees it, once.
pub struct ApiKeyPlaintext(Zeroizing<String>);

impl ApiKeyPlaintext {
    /// Creates a fresh key: `kk_` and 32 symbols of `a`-`z0`-`9` (contract 5.1).
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let body = Zeroizing::new(lowercase_alphanumeric(entropy, API_KEY_BODY_CHARS));
        let length = API_KEY_PREFIX.len() + API_KEY_BODY_CHARS;
        let mut text = Zeroizing::new(String::with_capacity(length));
        text.push_str(API_KEY_PREFIX);
        text.push_str(&body);
        Self(text)
    }

    /// Returns the key itself, to be shown to its owner.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKeyPlaintext {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("ApiKeyPlaintext(..)")
    }
}

/// The token with which an end user withdraws a session, as it is handed out, once.
pub struct CancelToken(Zeroizing<String>);

impl CancelToken {
    /// Creates a fresh token: 48 symbols of `a`-`z0`-`9` (contract 2.1).
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(Zeroizing::new(lowercase_alphanumeric(
            entropy,
            CANCEL_TOKEN_CHARS,
        )))
    }

    /// Returns the token itself, to be handed to the session's creator.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for CancelToken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("CancelToken(..)")
    }
}

/// The code of a sign-in link, as it is handed out, once.
pub struct SignInCode(Zeroizing<String>);

impl SignInCode {
    /// Creates a fresh code: 50 symbols of `a`-`z0`-`9`.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(Zeroizing::new(lowercase_alphanumeric(
            entropy,
            SIGN_IN_CODE_CHARS,
        )))
    }

    /// Returns the code itself, to be part of the link.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SignInCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SignInCode(..)")
    }
}

impl KeyRing {
    /// Returns the hash under which a new API key is stored: HMAC-SHA256 of the whole plaintext,
    /// `kk_` included, under the current key, as 64 lowercase hex digits.
    pub fn hash_api_key(&self, plaintext: &str) -> String {
        api_key_hash(&self.current.recognising, plaintext)
    }

    /// Returns every hash under which a presented API key may be stored, the current key's first.
    /// Keys that were made before the operator's key changed are found under the later ones.
    pub fn hash_api_key_candidates(&self, plaintext: &str) -> Vec<String> {
        self.recognisers()
            .map(|key| api_key_hash(key, plaintext))
            .collect()
    }

    /// Returns the hash under which a new sign-in code is stored, as 64 lowercase hex digits.
    pub fn hash_sign_in_code(&self, code: &str) -> String {
        hex_hmac(&self.current.sign_in_codes, code.as_bytes())
    }

    /// Returns every hash under which a presented sign-in code may be stored, the current key's
    /// first.
    pub fn hash_sign_in_code_candidates(&self, code: &str) -> Vec<String> {
        let hash = |key: &RingKey| hex_hmac(&key.sign_in_codes, code.as_bytes());
        self.keys().map(hash).collect()
    }

    /// Returns the hash under which a session's cancel token is stored, as 64 lowercase hex digits.
    pub fn hash_cancel_token(&self, token: &str) -> String {
        hex_hmac(
            &self.current.recognising.cancel_tokens,
            &cancel_token_message(token),
        )
    }

    /// Returns whether `hash` was made from this token under any key of the ring or a retired one. The comparison
    /// takes the same time wherever the two differ.
    pub fn verify_cancel_token(&self, token: &str, hash: &str) -> bool {
        let message = cancel_token_message(token);
        self.recognisers()
            .any(|key| hmac_matches(&key.cancel_tokens, &message, hash))
    }

    /// Returns what is stored of a reported attempt's body to recognise it when it is reported
    /// again. Keyed, because a body's claims could be guessed from a plain hash.
    ///
    /// The caller brings equal bodies into one form first; here every byte counts.
    pub fn fingerprint_attempt_report(&self, canonical_body: &[u8]) -> String {
        hex_hmac(&self.current.recognising.attempt_reports, canonical_body)
    }

    /// Returns whether `fingerprint` was made from this body under any key of the ring or a retired
    /// one.
    pub fn attempt_report_matches(&self, canonical_body: &[u8], fingerprint: &str) -> bool {
        self.recognisers()
            .any(|key| hmac_matches(&key.attempt_reports, canonical_body, fingerprint))
    }
}

fn api_key_hash(key: &Recognisers, plaintext: &str) -> String {
    hex_hmac(&key.api_keys, plaintext.as_bytes())
}

fn cancel_token_message(token: &str) -> Zeroizing<Vec<u8>> {
    Zeroizing::new([CANCEL_TOKEN_DOMAIN.as_bytes(), token.as_bytes()].concat())
}

fn hex_hmac(key: &hmac::Key, message: &[u8]) -> String {
    hex::encode(hmac::sign(key, message))
}

fn hmac_matches(key: &hmac::Key, message: &[u8], hash: &str) -> bool {
    hex::decode(hash).is_ok_and(|hash| hmac::verify(key, message, &hash).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::Counted;

    fn ring() -> KeyRing {
        KeyRing::new(&[1; 32], &[]).unwrap()
    }

    fn changed_ring() -> KeyRing {
        KeyRing::new(&[2; 32], &[&[1; 32]]).unwrap()
    }

    #[test]
    fn an_api_key_has_the_form_of_the_contract() {
        let key = ApiKeyPlaintext::generate(&Counted::default());
        let body = key.expose().strip_prefix("kk_").unwrap();
        assert_eq!(body.len(), 32);
        assert!(
            body.bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        );
    }

    #[test]
    fn a_cancel_token_has_the_form_of_the_contract() {
        let token = CancelToken::generate(&Counted::default());
        assert_eq!(token.expose().len(), 48);
        assert!(
            token
                .expose()
                .bytes()
                .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        );
    }

    #[test]
    fn a_sign_in_code_has_more_than_256_bits_and_is_found_after_a_key_change() {
        let code = SignInCode::generate(&Counted::default());
        assert_eq!(code.expose().len(), 50);
        let stored = ring().hash_sign_in_code(code.expose());
        let candidates = changed_ring().hash_sign_in_code_candidates(code.expose());
        assert!(candidates.contains(&stored));
        assert_ne!(stored, ring().hash_api_key(code.expose()));
    }

    #[test]
    fn the_debug_forms_show_nothing() {
        let entropy = Counted::default();
        assert_eq!(
            format!("{:?}", SignInCode::generate(&entropy)),
            "SignInCode(..)"
        );
        assert_eq!(
            format!("{:?}", ApiKeyPlaintext::generate(&entropy)),
            "ApiKeyPlaintext(..)"
        );
        assert_eq!(
            format!("{:?}", CancelToken::generate(&entropy)),
            "CancelToken(..)"
        );
    }

    #[test]
    fn an_api_key_is_found_again_after_a_key_change() {
        let stored = ring().hash_api_key("kk_abc");
        let candidates = changed_ring().hash_api_key_candidates("kk_abc");
        assert_eq!(candidates, [changed_ring().hash_api_key("kk_abc"), stored]);
    }

    #[test]
    fn every_use_hashes_differently() {
        let message = format!("{CANCEL_TOKEN_DOMAIN}x");
        let ring = ring();
        assert_ne!(ring.hash_api_key(&message), ring.hash_cancel_token("x"));
        assert_ne!(
            ring.fingerprint_attempt_report(message.as_bytes()),
            ring.hash_cancel_token("x")
        );
    }

    #[test]
    fn a_cancel_token_is_verified_under_any_key_of_the_ring() {
        let hash = ring().hash_cancel_token("token");
        assert_eq!(hash.len(), 64);
        assert!(ring().verify_cancel_token("token", &hash));
        assert!(changed_ring().verify_cancel_token("token", &hash));
        assert!(!changed_ring().verify_cancel_token("Token", &hash));
        assert!(!ring().verify_cancel_token("token", &hash[..62]));
        assert!(!ring().verify_cancel_token("token", "not hex"));
        assert!(!ring().verify_cancel_token("token", ""));
        let other = KeyRing::new(&[3; 32], &[]).unwrap();
        assert!(!other.verify_cancel_token("token", &hash));
    }

    #[test]
    fn a_repeated_report_is_recognised_under_any_key_of_the_ring() {
        let fingerprint = ring().fingerprint_attempt_report(b"{}");
        assert!(changed_ring().attempt_report_matches(b"{}", &fingerprint));
        assert!(!changed_ring().attempt_report_matches(b"{ }", &fingerprint));
    }
}
