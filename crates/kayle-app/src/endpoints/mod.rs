//! Operations on endpoints.

mod create;
mod delete;
mod read;
mod reveal;
mod rotate;
mod update;

use crate::ports::store::StoreError;

pub use create::{CreatedEndpoint, NewEndpoint};
pub use reveal::RevealSecretError;

/// An endpoint could not be changed, rotated or deleted.
#[derive(Debug, thiserror::Error)]
pub enum EndpointError {
    /// The organization has no such endpoint.
    #[error("the endpoint does not exist")]
    NotFound,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}
