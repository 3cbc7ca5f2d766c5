//! Who is calling, and what they may do.

pub mod api_key;
mod area;
mod authenticate;
mod caller;
mod cookie;
mod operator;
mod origin;
mod role;
mod scope;
mod shown_secret;
mod sign_in;
mod usage;
mod user;

pub use api_key::{
    ApiKey, ApiKeyMetadata, ApiKeyName, InvalidApiKeyName, InvalidMetadata, MetadataValue,
};
pub use area::{Area, Intent};
pub use authenticate::{ApiKeyPrincipal, AuthenticateError, ServicePrincipal};
pub use caller::{Actor, Caller, OPERATORS};
pub use cookie::cookie;
pub use origin::{comes_from, origin_of};
pub use role::Role;
pub use scope::Scope;
pub use sign_in::{SignIn, SignedIn};
pub(crate) use usage::ApiKeyUsage;
pub use user::UserPrincipal;
