//! Operations on dispatch.
