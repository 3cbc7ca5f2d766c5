//! Turns an operator's session into whose it is (contract 14.5).

use uuid::Uuid;

use super::AuthenticateError;
use crate::Webhooks;

impl Webhooks {
    /// Accepts the token of an operator's session, and returns whose it is. It opens nothing that
    /// belongs to an organization.
    pub fn authenticate_operator(&self, token: &str) -> Result<Uuid, AuthenticateError> {
        let user = self
            .keys
            .verify_operator_token(token, self.clock.wall())
            .map_err(|_| AuthenticateError::Invalid)?;
        Uuid::parse_str(&user).map_err(|_| AuthenticateError::Invalid)
    }
}
