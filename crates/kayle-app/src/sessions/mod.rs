//! Operations on verification sessions.

pub(crate) mod public_keys;
