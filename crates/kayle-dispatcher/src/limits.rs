//! How much may be under way at once.

use std::time::Duration;

/// How many requests may be under way (contract 13.2).
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// All endpoints together.
    pub in_flight_max: usize,
    /// One endpoint.
    pub in_flight_per_endpoint_max: usize,
    /// How long a leased delivery waits for its turn to be sent, before it is given back to the
    /// queue: less than what its lease outlasts the longest request by.
    pub slot_wait_max: Duration,
}
