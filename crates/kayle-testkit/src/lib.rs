//! kayle-testkit.
