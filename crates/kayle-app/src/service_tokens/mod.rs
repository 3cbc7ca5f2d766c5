//! Operations on the tokens of Kayle's own services, for operators (contract 12, 14.14).

mod create;
mod list;
mod revocations;
mod revoke;
mod usage;

pub use create::CreatedServiceToken;
pub(crate) use revocations::Revocations;
pub(crate) use usage::ServiceTokenUsage;
