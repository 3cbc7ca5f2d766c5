//! What a delivery and a request cost in cryptography. `cargo bench -p kayle-crypto`.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};

use criterion::{Criterion, criterion_group, criterion_main};
use kayle_crypto::{KeyRing, PrivateKey, PublicKey, signature_header};
use kayle_primitives::{Entropy, Timestamp};
use serde_json::Value;

/// Costs next to nothing, so that what is measured is the work and not the generator.
#[derive(Default)]
struct Counted(AtomicU64);

impl Entropy for Counted {
    fn fill(&self, bytes: &mut [u8]) {
        let count = self.0.fetch_add(1, Ordering::Relaxed).to_be_bytes();
        for (byte, value) in bytes.iter_mut().zip(count.into_iter().cycle()) {
            *byte = value;
        }
    }
}

fn jwe(criterion: &mut Criterion) {
    let vectors: Value = serde_json::from_str(include_str!("../tests/vectors/jwcrypto.json"))
        .expect("the file is JSON");
    let (entropy, plaintext) = (Counted::default(), [b'x'; 1024]);
    for name in ["rsa-2048", "rsa-3072", "rsa-4096"] {
        let pem = vectors["keys"][name].as_str().expect("the file has it");
        let private = PrivateKey::from_pkcs8_pem(pem).expect("it is a private key");
        let members = private.public_jwk_members();
        let import = || PublicKey::import(&members.n, &members.e).expect("it is a key");
        let key = import();
        let encrypt = || key.encrypt("production-2026", black_box(&plaintext), &entropy);
        criterion.bench_function(&format!("encrypt 1 KiB {name}"), |bench| {
            bench.iter(encrypt);
        });
        criterion.bench_function(&format!("import {name}"), |bench| bench.iter(import));
        let compact = encrypt().expect("an imported key encrypts");
        criterion.bench_function(&format!("decrypt 1 KiB {name}"), |bench| {
            bench.iter(|| private.decrypt(black_box(&compact)));
        });
    }
}

fn signature(criterion: &mut Criterion) {
    let (at, body) = (Timestamp::from_unix_ms(1_777_978_800_000), [b'x'; 2048]);
    let secret = "whsec_0123456789abcdefghijklmnopqrstuv";
    criterion.bench_function("sign 2 KiB", |bench| {
        bench.iter(|| signature_header(secret, at, black_box(&body)));
    });
}

fn at_rest(criterion: &mut Criterion) {
    let ring = KeyRing::new(&[1; 32], &[]).expect("32 bytes are enough");
    let (row, secret) = (
        "whe_0123456789abcdefghijklmnopqrstuv",
        "whsec_0123456789abcdefghijklmnopqrstuv",
    );
    let entropy = Counted::default();
    criterion.bench_function("seal a signing secret", |bench| {
        bench.iter(|| ring.seal_signing_secret(row, black_box(secret), &entropy));
    });
    let sealed = ring.seal_signing_secret(row, secret, &entropy);
    criterion.bench_function("open a signing secret", |bench| {
        bench.iter(|| ring.open_signing_secret(row, black_box(&sealed)));
    });
    criterion.bench_function("hash an API key", |bench| {
        bench.iter(|| ring.hash_api_key(black_box("kk_0123456789abcdefghijklmnopqrstuv")));
    });
}

criterion_group!(benches, jwe, signature, at_rest);
criterion_main!(benches);
