//! kayle-dispatcher.
