//! Writes on stdout what other implementations shall read: JWEs, signatures and tokens made by
//! this crate. `tests/vectors/README.md` says how it is checked.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use kayle_crypto::{KeyRing, PrivateKey, PublicKey, SessionClaims, signature_header};
use kayle_primitives::{Entropy, Timestamp};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

const SECRET_KEY: [u8; 32] = [42; 32];

/// Enough for vectors: SHA-256 of 0, 1, 2 ….
#[derive(Default)]
struct Counted(AtomicU64);

impl Entropy for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        for chunk in bytes.chunks_mut(32) {
            let count = self.0.fetch_add(1, Ordering::Relaxed);
            let block = digest(&SHA256, &count.to_be_bytes());
            chunk.copy_from_slice(&block.as_ref()[..chunk.len()]);
        }
    }
}

fn main() {
    let keys = keys();
    let ring = KeyRing::new(&SECRET_KEY, &[]).expect("32 bytes are enough");
    let now = Timestamp::from_unix_ms(1_777_978_800_000);
    let vectors = json!({
        "made_by": "kayle-crypto",
        "keys": keys,
        "jwes": jwes(&keys),
        "signatures": [signature(now, b"encrypted-payload"), signature(now, b"")],
        "service_tokens": [service_token(&ring, now)],
        "session_tokens": [
            session_token(&ring, now, None),
            session_token(&ring, now, Some("0b8f5b1e-3a55-4a0e-8a3b-5d8a6a0e6f22")),
        ],
    });
    println!("{vectors:#}");
}

/// One key of our own making, and the three sizes that jwcrypto made.
fn keys() -> BTreeMap<String, String> {
    let text = include_str!("../tests/vectors/jwcrypto.json");
    let vectors: Value = serde_json::from_str(text).expect("the file is JSON");
    let mut keys: BTreeMap<String, String> =
        serde_json::from_value(vectors["keys"].clone()).expect("the keys are PEM texts");
    let own = PrivateKey::generate().to_pkcs8_pem();
    keys.insert("own".to_owned(), own.as_str().to_owned());
    keys
}

fn jwes(keys: &BTreeMap<String, String>) -> Vec<Value> {
    let entropy = Counted::default();
    let samples = [
        ("production-2026", br#"{"type":"verification"}"#.to_vec()),
        ("schlüssel-鍵-🔑", "Łukasz 🪪".repeat(200).into_bytes()),
        ("a\"b\\c/\n\u{7f}\u{1}", Vec::new()),
    ];
    let mut jwes = Vec::new();
    for (name, pem) in keys {
        let key = public_key(pem);
        for (key_id, plaintext) in &samples {
            let compact = key
                .encrypt(key_id, plaintext, &entropy)
                .expect("an imported key encrypts");
            jwes.push(json!({
                "key": name,
                "key_id": key_id,
                "plaintext_hex": hex::encode(plaintext),
                "compact": compact,
            }));
        }
    }
    jwes
}

fn public_key(private_pem: &str) -> PublicKey {
    let members = PrivateKey::from_pkcs8_pem(private_pem)
        .expect("the keys are private keys")
        .public_jwk_members();
    PublicKey::import(&members.n, &members.e).expect("their public halves are keys")
}

fn signature(at: Timestamp, body: &[u8]) -> Value {
    let secret = "whsec_schlüssel";
    json!({
        "secret": secret,
        "at_s": at.unix_s(),
        "body_hex": hex::encode(body),
        "header": signature_header(secret, at, body),
    })
}

fn service_token(ring: &KeyRing, now: Timestamp) -> Value {
    let minted = ring.mint_service_token("token", "verify", now, Duration::from_hours(1));
    json!({
        "secret_key_hex": hex::encode(SECRET_KEY),
        "subject": "verify",
        "expires_at_s": minted.expires_at.unix_s(),
        "token": minted.token.as_str(),
    })
}

fn session_token(ring: &KeyRing, now: Timestamp, organization: Option<&str>) -> Value {
    let claims = SessionClaims {
        user: "7f0c1f6e-6a55-4d1c-9a3b-0d8a6a0e6f11".to_owned(),
        organization: organization.map(str::to_owned),
        role: "owner,admin".to_owned(),
    };
    let minted = ring.mint_session_token(&claims, now, Duration::from_hours(1));
    json!({
        "secret_key_hex": hex::encode(SECRET_KEY),
        "user": claims.user,
        "organization": claims.organization,
        "role": claims.role,
        "expires_at_s": minted.expires_at.unix_s(),
        "token": minted.token.as_str(),
    })
}
