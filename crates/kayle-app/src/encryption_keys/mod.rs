//! Operations on encryption keys.

mod activation;
mod list;
mod register;

pub use activation::KeyActivationError;
pub use register::{NewEncryptionKey, RegisterKeyError};
