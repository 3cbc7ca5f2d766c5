//! Operations on events.
