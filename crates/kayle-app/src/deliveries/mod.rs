//! Operations on deliveries.

mod read;
mod retry;

pub use read::DeliveryWithAttempts;
pub use retry::RetryDeliveryError;
