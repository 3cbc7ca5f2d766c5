//! Operations on encryption keys.

mod list;
mod register;

pub use register::{NewEncryptionKey, RegisterKeyError};
