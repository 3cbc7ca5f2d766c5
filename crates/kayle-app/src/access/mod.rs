//! Who is calling, and what they may do.

mod api_key;
mod authenticate;
mod scope;

pub use api_key::{ApiKey, ApiKeyName, InvalidApiKeyName};
pub use authenticate::{ApiKeyPrincipal, AuthenticateError, ServicePrincipal};
pub use scope::{Scope, UnknownScope};
