//! kayle-api.
