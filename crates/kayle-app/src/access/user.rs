//! Turns a dashboard session's token into a principal (contract 5.3, 13.3).

use kayle_primitives::{Organization, OrganizationId};
use uuid::Uuid;

use super::{AuthenticateError, Role};
use crate::Webhooks;

/// A person at the dashboard.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UserPrincipal {
    /// The person.
    pub user_id: Uuid,
    /// The active organization; `None` if none is active, or it does not exist.
    pub organization: Option<Organization>,
    /// The person's role in it; `None` if the session grants nothing.
    pub role: Option<Role>,
}

impl Webhooks {
    /// Accepts the token of a dashboard session.
    pub async fn authenticate_user(&self, token: &str) -> Result<UserPrincipal, AuthenticateError> {
        let claims = self
            .keys
            .verify_session_token(self.identity_key.as_ref(), token, self.clock.wall())
            .map_err(|_| AuthenticateError::Invalid)?;
        let user_id = Uuid::parse_str(&claims.user).map_err(|_| AuthenticateError::Invalid)?;
        let organization = match claims.organization.as_deref().map(Uuid::parse_str) {
            Some(Ok(id)) => {
                self.store
                    .reads()
                    .find_organization(OrganizationId(id))
                    .await?
            }
            Some(Err(_)) => return Err(AuthenticateError::Invalid),
            None => None,
        };
        Ok(UserPrincipal {
            user_id,
            organization,
            role: Role::highest_of(&claims.role),
        })
    }
}
