//! kayle-events.
