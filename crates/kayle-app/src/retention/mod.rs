//! Operations on retention.
