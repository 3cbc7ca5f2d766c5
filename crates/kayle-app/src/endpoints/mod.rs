//! Operations on endpoints.
