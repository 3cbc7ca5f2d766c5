//! kayle-delivery.
