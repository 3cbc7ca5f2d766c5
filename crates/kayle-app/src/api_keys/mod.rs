//! Operations on API keys, and on the tokens that operators make.

mod create;
mod delete;
mod list;
mod tokens;
mod update;

use kayle_primitives::ApiKeyId;

use crate::ports::store::StoreError;

pub use create::{CreateApiKeyError, CreatedApiKey, NewApiKey};
pub use tokens::{MintSessionTokenError, NewSessionToken};
pub use update::ApiKeyChange;

/// An API key could not be changed or deleted.
#[derive(Debug, thiserror::Error)]
pub enum ApiKeyError {
    /// The organization has no such key.
    #[error("no API key has the id {0}")]
    NotFound(ApiKeyId),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}
