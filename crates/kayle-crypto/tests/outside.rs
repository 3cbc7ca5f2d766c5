//! What other implementations made, read by this crate. `vectors/README.md` says how the files
//! are made, and how the other direction is checked.

use std::collections::BTreeMap;

use kayle_crypto::{IdentityKey, KeyRing, PrivateKey, Sealed, SessionClaims};
use kayle_crypto::{signature_header, verify_signature};
use kayle_primitives::Timestamp;
use serde::Deserialize;

const JWCRYPTO: &str = include_str!("vectors/jwcrypto.json");
const JOSE: &str = include_str!("vectors/jose.json");

#[derive(Deserialize)]
struct Vectors {
    made_by: String,
    keys: BTreeMap<String, String>,
    jwes: Vec<Jwe>,
    signatures: Vec<Signature>,
    service_tokens: Vec<ServiceToken>,
    session_tokens: Vec<SessionToken>,
    at_rest: Option<AtRest>,
}

#[derive(Deserialize)]
struct Jwe {
    key: String,
    key_id: String,
    plaintext_hex: String,
    compact: String,
}

#[derive(Deserialize)]
struct Signature {
    secret: String,
    at_s: i64,
    body_hex: String,
    header: String,
}

#[derive(Deserialize)]
struct ServiceToken {
    secret_key_hex: String,
    subject: String,
    expires_at_s: i64,
    token: String,
}

#[derive(Deserialize)]
struct SessionToken {
    secret_key_hex: String,
    identity_pem: Option<String>,
    user: String,
    organization: Option<String>,
    role: String,
    expires_at_s: i64,
    token: String,
}

#[derive(Deserialize)]
struct AtRest {
    secret_key_hex: String,
    key_id: String,
    row_id: String,
    signing_secret: String,
    sealed_hex: String,
    api_key: String,
    api_key_hash: String,
    cancel_token: String,
    cancel_token_hash: String,
    attempt_report: String,
    attempt_report_fingerprint: String,
}

fn all() -> [Vectors; 2] {
    [JWCRYPTO, JOSE].map(|text| serde_json::from_str(text).expect("the files hold vectors"))
}

fn key_ring(secret_key_hex: &str) -> KeyRing {
    let secret = hex::decode(secret_key_hex).expect("the files hold hex");
    KeyRing::new(&secret, &[]).expect("the keys are long enough")
}

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_unix_ms(seconds * 1000)
}

#[test]
fn their_jwes_are_decrypted() {
    for vectors in all() {
        assert_eq!(vectors.jwes.len(), 9, "three of each of three key sizes");
        for jwe in vectors.jwes {
            let key = PrivateKey::from_pkcs8_pem(&vectors.keys[&jwe.key]).unwrap();
            let decrypted = key.decrypt(&jwe.compact).unwrap();
            assert_eq!(decrypted.key_id, jwe.key_id, "{}", vectors.made_by);
            assert_eq!(hex::encode(&decrypted.plaintext), jwe.plaintext_hex);
        }
    }
}

#[test]
fn their_signatures_are_ours() {
    for signature in all().into_iter().flat_map(|vectors| vectors.signatures) {
        let body = hex::decode(&signature.body_hex).unwrap();
        let (secret, at) = (&signature.secret, at(signature.at_s));
        assert_eq!(signature_header(secret, at, &body), signature.header);
        assert_eq!(
            verify_signature(secret, &signature.header, &body, at),
            Ok(())
        );
    }
}

#[test]
fn their_service_tokens_are_accepted() {
    for token in all().into_iter().flat_map(|vectors| vectors.service_tokens) {
        let verified = key_ring(&token.secret_key_hex)
            .verify_service_token(&token.token, at(token.expires_at_s - 1));
        assert_eq!(verified.unwrap().subject, token.subject);
    }
}

#[test]
fn their_sessions_are_accepted() {
    for vectors in all() {
        assert_eq!(vectors.session_tokens.len(), 4, "HMAC, RSA, P-256, Ed25519");
        for token in vectors.session_tokens {
            let identity = token
                .identity_pem
                .map(|pem| IdentityKey::from_pem(&pem).unwrap());
            let verified = key_ring(&token.secret_key_hex).verify_session_token(
                identity.as_ref(),
                &token.token,
                at(token.expires_at_s - 1),
            );
            assert_eq!(
                verified,
                Ok(SessionClaims {
                    user: token.user,
                    organization: token.organization,
                    role: token.role,
                })
            );
        }
    }
}

/// These bytes lie in databases: a change here makes stored rows unreadable.
#[test]
fn what_is_stored_is_as_documented() {
    let stored = all()
        .into_iter()
        .find_map(|vectors| vectors.at_rest)
        .unwrap();
    let ring = key_ring(&stored.secret_key_hex);
    let sealed = Sealed {
        key_id: stored.key_id,
        bytes: hex::decode(&stored.sealed_hex).unwrap(),
    };
    let opened = ring.open_signing_secret(&stored.row_id, &sealed).unwrap();
    assert_eq!(*opened, stored.signing_secret);
    assert_eq!(ring.hash_api_key(&stored.api_key), stored.api_key_hash);
    assert_eq!(
        ring.hash_cancel_token(&stored.cancel_token),
        stored.cancel_token_hash
    );
    assert_eq!(
        ring.fingerprint_attempt_report(stored.attempt_report.as_bytes()),
        stored.attempt_report_fingerprint
    );
}
