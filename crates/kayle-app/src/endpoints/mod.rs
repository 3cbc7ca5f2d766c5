//! Operations on endpoints.

mod create;
mod read;
mod reveal;

pub use create::{CreatedEndpoint, NewEndpoint};
pub use reveal::RevealSecretError;
