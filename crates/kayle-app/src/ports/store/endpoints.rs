//! Endpoints in the store. A deleted endpoint is a missing one.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use kayle_crypto::Sealed;
use kayle_delivery::fanout::Recipient;
use kayle_endpoints::{EncryptionKey, Endpoint};
use kayle_primitives::{EncryptionKeyId, EndpointId, OrganizationId, Page, PageRequest, Timestamp};

use super::StoreError;

/// An endpoint with all that its next event needs: the key to encrypt it with, the secret to sign
/// it with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FanoutEndpoint {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Its active key.
    pub active_key: Option<EncryptionKey>,
    /// The id of its active key if that cannot be read: what it should have encrypted has failed.
    pub unreadable_key: Option<EncryptionKeyId>,
    /// Its sealed secret; `None` if the row has lost it.
    pub signing_secret: Option<Sealed>,
    /// Whether its organization is frozen.
    pub organization_frozen: bool,
}

impl Recipient for FanoutEndpoint {
    fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }
}

/// Reads endpoints.
#[async_trait]
pub trait EndpointReads: Sync {
    /// Finds one.
    async fn find_endpoint(
        &self,
        organization_id: OrganizationId,
        id: &EndpointId,
    ) -> Result<Option<Endpoint>, StoreError>;

    /// Counts the endpoints of an organization, up to `at_most`.
    async fn count_endpoints(
        &self,
        organization_id: OrganizationId,
        at_most: usize,
    ) -> Result<usize, StoreError>;

    /// Returns a page, newest first; `None` if the cursor names no endpoint of the organization.
    async fn list_endpoints(
        &self,
        organization_id: OrganizationId,
        enabled: Option<bool>,
        page: &PageRequest<EndpointId>,
    ) -> Result<Option<Page<Endpoint>>, StoreError>;

    /// Returns the sealed signing secret; `None` if there is no such endpoint, or it has lost it.
    async fn find_signing_secret(
        &self,
        organization_id: OrganizationId,
        id: &EndpointId,
    ) -> Result<Option<Sealed>, StoreError>;

    /// Returns every endpoint that can be read, disabled ones too, with its active key, in the order
    /// of their ids.
    async fn fanout_endpoints(
        &self,
        organization_id: OrganizationId,
    ) -> Result<Vec<FanoutEndpoint>, StoreError> {
        let ids = BTreeSet::from([organization_id]);
        let mut endpoints = self.fanout_endpoints_of(&ids).await?;
        Ok(endpoints.remove(&organization_id).unwrap_or_default())
    }

    /// Returns the same for several organizations; those without any are left out.
    async fn fanout_endpoints_of(
        &self,
        organization_ids: &BTreeSet<OrganizationId>,
    ) -> Result<BTreeMap<OrganizationId, Vec<FanoutEndpoint>>, StoreError>;
}

/// Changes endpoints.
#[async_trait]
pub trait EndpointWrites {
    /// Adds one with its sealed secret.
    async fn insert_endpoint(
        &mut self,
        endpoint: &Endpoint,
        signing_secret: &Sealed,
    ) -> Result<(), StoreError>;

    /// Finds one and locks it.
    async fn lock_endpoint(
        &mut self,
        organization_id: OrganizationId,
        id: &EndpointId,
    ) -> Result<Option<Endpoint>, StoreError>;

    /// Saves a locked endpoint.
    async fn save_endpoint(&mut self, endpoint: &Endpoint) -> Result<(), StoreError>;

    /// Replaces the sealed secret of a locked endpoint.
    async fn replace_signing_secret(
        &mut self,
        id: &EndpointId,
        signing_secret: &Sealed,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Deletes a locked endpoint (D5): it and its keys are missing from now on, its secret and the
    /// public numbers of its keys are erased. Its deliveries stay.
    async fn delete_endpoint(&mut self, id: &EndpointId, now: Timestamp) -> Result<(), StoreError>;
}
