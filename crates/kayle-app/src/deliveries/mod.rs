//! Operations on deliveries.
