//! Organizations in the store.

use async_trait::async_trait;
use kayle_primitives::{Organization, OrganizationId, Timestamp};

use super::StoreError;

/// Reads organizations.
#[async_trait]
pub trait OrganizationReads {
    /// Finds one.
    async fn find_organization(
        &self,
        id: OrganizationId,
    ) -> Result<Option<Organization>, StoreError>;

    /// Finds the one that was made last.
    async fn newest_organization(&self) -> Result<Option<Organization>, StoreError>;
}

/// Changes organizations.
#[async_trait]
pub trait OrganizationWrites {
    /// Adds one.
    async fn insert_organization(&mut self, organization: &Organization) -> Result<(), StoreError>;

    /// Sets or clears when its deletion was asked for; tells whether the organization exists.
    async fn set_pending_deletion(
        &mut self,
        id: OrganizationId,
        pending_deletion_at: Option<Timestamp>,
    ) -> Result<bool, StoreError>;
}
