//! What strangers send, thrown at what reads it.
//!
//! A target takes any bytes, hands them to one reader, and panics if the reader breaks a promise: a
//! panic of its own is one of them. `fuzz_targets/` puts each behind the fuzzer, and the tests run
//! each over its `corpus/`, over changed copies of it, and over noise. What a fuzzer ever finds is
//! mended and becomes a file of the corpus.

mod http;
mod keys;
mod names;
mod receiver;
mod tokens;
mod urls;

pub use http::http_request;
pub use keys::{private_key, public_key};
pub use names::{claims, names, share_contract};
pub use receiver::{delivery, signature};
pub use tokens::tokens;
pub use urls::{address, database_url, endpoint_url, redirect_url};

/// A reader under test.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The name of its folder in `corpus/`.
    pub name: &'static str,
    /// Reads the bytes.
    pub run: fn(&[u8]),
}

/// All of them.
pub const TARGETS: [Target; 13] = [
    target("address", address),
    target("claims", claims),
    target("database_url", database_url),
    target("delivery", delivery),
    target("endpoint_url", endpoint_url),
    target("http_request", http_request),
    target("names", names),
    target("private_key", private_key),
    target("public_key", public_key),
    target("redirect_url", redirect_url),
    target("share_contract", share_contract),
    target("signature", signature),
    target("tokens", tokens),
];

const fn target(name: &'static str, run: fn(&[u8])) -> Target {
    Target { name, run }
}

/// Returns the bytes as a text, with everything that is none replaced.
fn text(data: &[u8]) -> String {
    String::from_utf8_lossy(data).into_owned()
}

/// Returns the bytes' lines, at least `COUNT` of them.
fn lines<const COUNT: usize>(data: &[u8]) -> [String; COUNT] {
    let mut parts = data.splitn(COUNT, |byte| *byte == b'\n');
    std::array::from_fn(|_| text(parts.next().unwrap_or_default()))
}
