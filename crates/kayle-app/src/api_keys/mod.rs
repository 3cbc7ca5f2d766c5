//! Operations on API keys and service tokens.

mod create;
mod service_token;

pub use create::{CreateApiKeyError, CreatedApiKey, NewApiKey};
