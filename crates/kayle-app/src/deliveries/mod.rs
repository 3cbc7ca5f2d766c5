//! Operations on deliveries.

mod read;
mod retry;
mod retry_failed;

pub use read::DeliveryWithAttempts;
pub use retry::RetryDeliveryError;
pub use retry_failed::RetriedFailed;
