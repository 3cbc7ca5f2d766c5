//! How much may be under way at once.

/// How many requests may be under way (contract 13.2).
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// All endpoints together.
    pub in_flight_max: usize,
    /// One endpoint.
    pub in_flight_per_endpoint_max: usize,
}
