//! kayle-sessions.
