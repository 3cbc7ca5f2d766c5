//! A caller who is one of Kayle's own services.

use actix_web::HttpRequest;
use kayle_app::Webhooks;
use kayle_app::access::{AuthenticateError, ServicePrincipal};

use super::bearer::bearer;
use crate::error::ApiError;

/// Accepts a service token of this installation: else 401.
pub(crate) async fn authenticate_service(
    webhooks: &Webhooks,
    request: &HttpRequest,
) -> Result<ServicePrincipal, ApiError> {
    let token = bearer(request).ok_or(AuthenticateError::Invalid)?;
    Ok(webhooks.authenticate_service(token).await?)
}
