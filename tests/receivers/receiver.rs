//! The receiver in Rust of `docs/verifying-and-decrypting.md`, word for word, as a program.

#![expect(
    clippy::disallowed_methods,
    reason = "a customer's program reads its own clock and environment"
)]

include!(concat!(env!("OUT_DIR"), "/receiver.rs"));
