//! A caller who acts for an organization: its server, or a person at the dashboard.

use actix_web::HttpRequest;
use actix_web::http::header;
use kayle_app::access::{
    Actor, ApiKeyPrincipal, AuthenticateError, Caller, Role, Scope, UserPrincipal, cookie,
};
use kayle_primitives::Organization;

use super::bearer::bearer;
use crate::api::Api;
use crate::error::ApiError;

/// A caller whose credential was accepted.
pub(crate) enum Customer {
    /// A server, by an API key.
    Server(ApiKeyPrincipal),
    /// A person, by the cookie of a dashboard session.
    Person(UserPrincipal),
}

const SIGN_IN_HINT: &str = "Sign in to the dashboard. API keys are not accepted here.";

/// Accepts an API key of an organization in good standing, else 401 or 410, that does not call too
/// often, else 429; only without any a
/// dashboard session, else 401.
pub(crate) async fn authenticate_customer(
    api: &Api,
    request: &HttpRequest,
) -> Result<Customer, ApiError> {
    match bearer(request) {
        Some("") => Err(AuthenticateError::Invalid.into()),
        Some(key) => {
            let server = api.webhooks.authenticate_api_key(key).await?;
            api.rate_limiter.check(server.api_key_id)?;
            Ok(Customer::Server(server))
        }
        None => Ok(Customer::Person(session_person(api, request).await?)),
    }
}

/// Accepts a dashboard session that comes without any bearer credential: else 401.
pub(crate) async fn authenticate_person(
    api: &Api,
    request: &HttpRequest,
) -> Result<UserPrincipal, ApiError> {
    let authenticated = match bearer(request) {
        Some(_) => Err(AuthenticateError::Invalid),
        None => session_person(api, request).await,
    };
    authenticated.map_err(|error| match error {
        AuthenticateError::Invalid => ApiError::from(error).with_hint(SIGN_IN_HINT),
        AuthenticateError::Frozen | AuthenticateError::Store(_) => error.into(),
    })
}

async fn session_person(
    api: &Api,
    request: &HttpRequest,
) -> Result<UserPrincipal, AuthenticateError> {
    let headers = request.headers().get_all(header::COOKIE);
    let headers = headers.filter_map(|header| header.to_str().ok());
    let token = cookie(headers, &api.session_cookie).ok_or(AuthenticateError::Invalid)?;
    api.webhooks.authenticate_user(token).await
}

/// Lets a server through whose key's scopes allow what is `needed`: else 403.
pub(crate) fn require_scope(needed: Scope, server: &ApiKeyPrincipal) -> Result<Caller, ApiError> {
    if !server.may(needed) {
        let message = format!("the API key lacks the scope {needed}");
        return Err(ApiError::forbidden(message));
    }
    Ok(Caller {
        organization_id: server.organization_id,
        actor: Actor::ApiKey(server.api_key_id),
    })
}

/// Returns the organization that a person's session is about: 403 without one.
pub(crate) fn require_organization(person: &UserPrincipal) -> Result<&Organization, ApiError> {
    person.organization.as_ref().ok_or_else(|| {
        ApiError::forbidden("the session has no active organization")
            .with_hint("Choose an organization in the dashboard first.")
    })
}

/// Lets a person through whose role is at least `least`: else 403, because only such people may
/// do `what`.
pub(crate) fn require_role(
    least: Role,
    person: &UserPrincipal,
    what: &str,
) -> Result<(), ApiError> {
    if person.role.is_some_and(|role| least <= role) {
        return Ok(());
    }
    let error = ApiError::forbidden(format!("only {} may {what}", least.and_above()));
    Err(error.with_hint("Ask an administrator of the organization."))
}
