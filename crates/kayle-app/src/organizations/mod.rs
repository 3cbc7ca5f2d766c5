//! Operations on organizations.
