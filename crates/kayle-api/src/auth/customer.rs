//! A caller who acts for an organization.

use actix_web::HttpRequest;
use kayle_app::Webhooks;
use kayle_app::access::{Actor, ApiKeyPrincipal, AuthenticateError, Caller, Scope};

use super::bearer::credential;
use crate::error::{ApiError, ErrorCode};

/// Accepts an API key of an organization in good standing: else 401 or 410.
pub(crate) async fn authenticate_customer(
    webhooks: &Webhooks,
    request: &HttpRequest,
) -> Result<ApiKeyPrincipal, ApiError> {
    let key = credential(request).ok_or(AuthenticateError::Invalid)?;
    Ok(webhooks.authenticate_api_key(key).await?)
}

/// Lets a caller through whose scopes allow what is `needed`: else 403.
pub(crate) fn require(needed: Scope, principal: &ApiKeyPrincipal) -> Result<Caller, ApiError> {
    if !principal.may(needed) {
        return Err(ApiError::new(
            ErrorCode::Forbidden,
            format!("the API key lacks the scope {needed}"),
        ));
    }
    Ok(Caller {
        organization_id: principal.organization_id,
        actor: Actor::ApiKey(principal.api_key_id),
    })
}
