//! The audit log in the store.

use async_trait::async_trait;
use kayle_primitives::{AuditId, OrganizationId, Page, PageRequest, Timestamp};

use super::StoreError;
use crate::audit::{AuditChain, AuditLink, AuditRow};

/// Reads the audit log.
#[async_trait]
pub trait AuditReads {
    /// Returns a page, newest first; `None` if the cursor names no row of the organization.
    async fn list_audit_rows(
        &self,
        organization_id: OrganizationId,
        page: &PageRequest<AuditId>,
    ) -> Result<Option<Page<AuditRow>>, StoreError>;

    /// Names every organization, in the order of their ids: each has a chain since it was made.
    async fn all_organizations(&self) -> Result<Vec<OrganizationId>, StoreError>;

    /// Returns where an organization's chain begins and ends.
    async fn audit_chain(&self, organization_id: OrganizationId) -> Result<AuditChain, StoreError>;

    /// Gives up to `limit` rows behind a place in the chain, in its order.
    async fn audit_rows_after(
        &self,
        organization_id: OrganizationId,
        sequence: u64,
        limit: usize,
    ) -> Result<Vec<AuditRow>, StoreError>;

    /// Names up to `limit` organizations whose first stored row was made before a moment, in the
    /// order of their ids, from behind `after` on. Where a clock was set back, older rows may lie
    /// behind a younger first one: they go when it goes.
    async fn organizations_with_audit_before(
        &self,
        before: Timestamp,
        after: Option<OrganizationId>,
        limit: usize,
    ) -> Result<Vec<OrganizationId>, StoreError>;
}

/// Changes the audit log.
#[async_trait]
pub trait AuditWrites {
    /// Returns where a chain begins and ends, and locks it until the transaction ends.
    async fn lock_audit_chain(
        &mut self,
        organization_id: OrganizationId,
    ) -> Result<AuditChain, StoreError>;

    /// Adds a row to a locked chain, and makes it the head.
    async fn insert_audit_row(&mut self, row: &AuditRow) -> Result<(), StoreError>;

    /// Deletes up to `limit` rows from the start of a locked chain that were made before a moment,
    /// without a gap, and makes the last of them the anchor; gives it, or `None` if there was none.
    async fn purge_audit_rows(
        &mut self,
        organization_id: OrganizationId,
        before: Timestamp,
        limit: usize,
    ) -> Result<Option<AuditLink>, StoreError>;
}
