//! Bad input: whatever comes, the answer is the contract's, in the envelope.
//!
//! [`cases`] is one bad request and the refusal it must get; [`everywhere`] is what many operations
//! refuse alike; [`garbage`] is what is no HTTP request at all; the other modules are the tables of
//! the operations.

mod access;
mod cases;
mod encryption_keys;
mod endpoints;
mod everywhere;
mod garbage;
mod history;
mod intake;
mod sessions;
