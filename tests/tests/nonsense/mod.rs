//! Bad input: whatever comes, the answer is the contract's, in the envelope.
//!
//! [`cases`] is one bad request and the refusal it must get; the modules beside it are the tables
//! of the operations; [`garbage`] is what is no HTTP request at all.

mod access;
mod cases;
mod encryption_keys;
mod endpoints;
mod garbage;
mod history;
mod intake;
mod sessions;
