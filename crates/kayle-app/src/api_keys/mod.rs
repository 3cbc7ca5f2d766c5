//! Operations on API keys, and on the sessions that operators make.

mod create;
mod delete;
mod list;
mod tokens;
mod update;

pub use create::{CreateApiKeyError, CreatedApiKey, NewApiKey};
pub use tokens::{MintedSession, NewSessionToken};
pub use update::{ApiKeyChange, ApiKeyMember};
