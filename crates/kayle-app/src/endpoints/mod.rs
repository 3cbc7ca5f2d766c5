//! Operations on endpoints.

mod create;
mod delete;
mod read;
mod reveal;
mod rotate;
mod update;

pub use create::{CreatedEndpoint, NewEndpoint};
pub use reveal::RevealSecretError;
