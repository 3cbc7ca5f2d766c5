//! Operations on encryption keys.
