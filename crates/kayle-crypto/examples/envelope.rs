//! Encrypts and signs a payload as the service does, then verifies and opens it as a receiver does:
//! `cargo run -p kayle-crypto --example envelope`.

use std::error::Error;

use kayle_crypto::{PrivateKey, PublicKey, signature_header, verify_signature};
use kayle_primitives::{Entropy, Timestamp};

/// The operating system's randomness belongs here; an example repeats itself.
struct Counting(std::sync::atomic::AtomicU8);

impl Entropy for Counting {
    fn fill(&self, bytes: &mut [u8]) {
        for byte in bytes {
            *byte = self.0.fetch_add(7, std::sync::atomic::Ordering::Relaxed);
        }
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let (secret, now) = (
        "whsec_of_the_endpoint",
        Timestamp::parse("2026-05-05T12:00:00Z")?,
    );
    let private = PrivateKey::generate();
    let public = private.public_jwk_members();
    let key = PublicKey::import(&public.n, &public.e)?;

    let jwe = key.encrypt(
        "production-1",
        b"{\"hello\":\"Curie\"}",
        &Counting(0.into()),
    )?;
    let signature = signature_header(secret, now, jwe.as_bytes());
    println!("X-Kayle-Signature: {signature}");
    println!("{} characters of JWE: {}…", jwe.len(), &jwe[..40]);

    verify_signature(secret, &signature, jwe.as_bytes(), now)?;
    let opened = private.decrypt(&jwe)?;
    println!(
        "kid {}: {}",
        opened.key_id,
        std::str::from_utf8(&opened.plaintext)?
    );

    let other = verify_signature("whsec_another", &signature, jwe.as_bytes(), now);
    println!(
        "with another secret: {}",
        other
            .err()
            .map(|error| error.to_string())
            .unwrap_or_default()
    );
    Ok(())
}
