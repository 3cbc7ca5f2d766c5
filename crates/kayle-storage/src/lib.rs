//! kayle-storage.
