//! Turns a bearer credential into a principal (contract 5.1, 12).

use kayle_primitives::{ApiKeyId, OrganizationId, ServiceTokenId};
use uuid::Uuid;

use super::Scope;
use crate::Webhooks;
use crate::ports::store::{ApiKeyHash, FoundApiKey, Rehash, ServiceToken, StoreError};

/// A customer's server, known by its API key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyPrincipal {
    /// The key.
    pub api_key_id: ApiKeyId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// What it may do.
    pub scopes: Vec<Scope>,
}

/// One of Kayle's own services, known by its token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ServicePrincipal {
    /// The service's name.
    pub subject: String,
}

/// The credential was not accepted.
#[derive(Debug, thiserror::Error)]
pub enum AuthenticateError {
    /// Unknown, disabled, expired or forged; which one is not told.
    #[error("the credential is not valid")]
    Invalid,
    /// The organization's deletion is pending (contract 5.4).
    #[error("the organization is frozen")]
    Frozen,
    /// The store could not be asked.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ApiKeyPrincipal {
    /// Returns whether one of its scopes allows what `needed` stands for.
    pub fn may(&self, needed: Scope) -> bool {
        self.scopes.iter().any(|scope| scope.includes(needed))
    }
}

impl Webhooks {
    /// Accepts the plaintext of an enabled API key of an organization in good standing.
    pub async fn authenticate_api_key(
        &self,
        plaintext: &str,
    ) -> Result<ApiKeyPrincipal, AuthenticateError> {
        let hashes = self.keys.hash_api_key_candidates(plaintext);
        let found = self.store.reads().find_api_key(&hashes).await?;
        let FoundApiKey {
            key,
            organization,
            hash,
        } = found.ok_or(AuthenticateError::Invalid)?;
        if !key.enabled {
            return Err(AuthenticateError::Invalid);
        }
        if organization.is_frozen() {
            return Err(AuthenticateError::Frozen);
        }
        self.usage.count(key.id);
        self.rehash_later(key.id, hash, hashes);
        Ok(ApiKeyPrincipal {
            api_key_id: key.id,
            organization_id: key.organization_id,
            scopes: key.scopes,
        })
    }

    /// Has a key hashed under the current secret key that is not yet. `candidates` are its hashes
    /// under every key, the current one's first.
    fn rehash_later(&self, id: ApiKeyId, stored: ApiKeyHash, candidates: Vec<String>) {
        let current = candidates.into_iter().next().map(|hash| ApiKeyHash {
            hash,
            key_id: Some(self.keys.current_key_id().to_owned()),
        });
        if let Some(to) = current.filter(|current| *current != stored) {
            self.usage.rehash(Rehash {
                id,
                from: stored.hash,
                to,
            });
        }
    }

    /// Accepts a service token of this installation that is not revoked.
    pub async fn authenticate_service(
        &self,
        token: &str,
    ) -> Result<ServicePrincipal, AuthenticateError> {
        let now = self.clock.wall();
        let claims = self
            .keys
            .verify_service_token(token, now)
            .map_err(|_| AuthenticateError::Invalid)?;
        let id = claims.id.as_deref();
        // One without an id, or with another kind of id than we make, lasts until it ends.
        if let Some(id) = id.and_then(|id| Uuid::parse_str(id).ok()) {
            let id = ServiceTokenId(id);
            if self.is_revoked(id).await? {
                return Err(AuthenticateError::Invalid);
            }
            self.service_token_usage.note(ServiceToken {
                id,
                subject: Some(claims.subject.clone()),
                created_at: claims.issued_at,
                expires_at: Some(claims.expires_at),
                last_used_at: Some(now),
                revoked_at: None,
            });
        }
        self.meter.service_token_verified(claims.signed_with);
        Ok(ServicePrincipal {
            subject: claims.subject,
        })
    }
}
