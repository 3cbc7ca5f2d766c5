//! Organizations in memory.

use async_trait::async_trait;
use kayle_app::ports::store::{OrganizationReads, OrganizationWrites, StoreError};
use kayle_primitives::{Organization, OrganizationId, Timestamp};

use super::tables::insert_new;
use super::transaction::MemoryTx;
use super::view::View;

#[async_trait]
impl OrganizationReads for View {
    async fn find_organization(
        &self,
        id: OrganizationId,
    ) -> Result<Option<Organization>, StoreError> {
        Ok(self.tables()?.organizations.get(&id).cloned())
    }

    async fn newest_organization(&self) -> Result<Option<Organization>, StoreError> {
        let tables = self.tables()?;
        let newest = tables.organizations.values();
        let newest = newest.max_by_key(|one| (one.created_at, one.id));
        Ok(newest.cloned())
    }
}

#[async_trait]
impl OrganizationWrites for MemoryTx {
    async fn insert_organization(&mut self, organization: &Organization) -> Result<(), StoreError> {
        self.view.change(|tables| {
            insert_new(
                &mut tables.organizations,
                organization.id,
                organization.clone(),
            )
        })
    }

    async fn set_pending_deletion(
        &mut self,
        id: OrganizationId,
        pending_deletion_at: Option<Timestamp>,
    ) -> Result<bool, StoreError> {
        self.view.change(|tables| {
            let Some(organization) = tables.organizations.get_mut(&id) else {
                return Ok(false);
            };
            organization.pending_deletion_at = pending_deletion_at;
            Ok(true)
        })
    }
}
