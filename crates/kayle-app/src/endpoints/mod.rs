//! Operations on endpoints.

mod create;
mod delete;
mod overview;
mod read;
mod reveal;
mod rotate;
mod test;
mod update;

pub use create::{CreateEndpointError, CreatedEndpoint, NewEndpoint};
pub use overview::{EndpointOverview, EndpointsOverview, ListedEndpoint};
pub use reveal::RevealSecretError;
pub use test::{NewTest, TestEndpointError};
