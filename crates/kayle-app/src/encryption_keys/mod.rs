//! Operations on encryption keys.

mod activation;
mod list;
mod register;

pub use register::{NewEncryptionKey, RegisterKeyError};
