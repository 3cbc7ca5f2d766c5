//! kayle-crypto.
