//! Operations on api keys.
