//! kayle-app.
