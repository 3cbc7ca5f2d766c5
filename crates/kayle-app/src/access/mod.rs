//! Who is calling, and what they may do.

pub mod api_key;
mod authenticate;
mod caller;
mod role;
mod scope;
mod usage;
mod user;

pub use api_key::{
    ApiKey, ApiKeyMetadata, ApiKeyName, InvalidApiKeyName, InvalidMetadata, MetadataValue,
};
pub use authenticate::{ApiKeyPrincipal, AuthenticateError, ServicePrincipal};
pub use caller::{Actor, Caller};
pub use role::Role;
pub use scope::Scope;
pub(crate) use usage::ApiKeyUsage;
pub use user::UserPrincipal;
