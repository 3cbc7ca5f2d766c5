//! kayle-testkit.

pub mod receiver;
