//! kayle-sender.
