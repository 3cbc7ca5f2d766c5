//! kayle-endpoints.
