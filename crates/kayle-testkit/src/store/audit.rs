//! The audit log in memory.

use async_trait::async_trait;
use kayle_app::audit::{AuditChain, AuditLink, AuditRow};
use kayle_app::ports::store::{AuditReads, AuditWrites, StoreError};
use kayle_primitives::{AuditId, OrganizationId, Page, PageRequest, Timestamp};

use super::page::{Position, newest_first};
use super::tables::{Tables, insert_new};
use super::transaction::MemoryTx;
use super::view::View;

#[async_trait]
impl AuditReads for View {
    async fn list_audit_rows(
        &self,
        organization_id: OrganizationId,
        page: &PageRequest<AuditId>,
    ) -> Result<Option<Page<AuditRow>>, StoreError> {
        let tables = self.tables()?;
        let mut after = None;
        if let Some(cursor) = &page.starting_after {
            let mut rows = tables.audit_rows_after(organization_id, 0);
            let Some(row) = rows.find(|row| row.id == *cursor) else {
                return Ok(None);
            };
            after = Some(position(row));
        }
        let rows = tables.audit_rows_after(organization_id, 0).cloned();
        Ok(Some(newest_first(
            rows,
            position,
            after.as_ref(),
            page.limit,
        )))
    }

    async fn all_organizations(&self) -> Result<Vec<OrganizationId>, StoreError> {
        Ok(self.tables()?.organizations.keys().copied().collect())
    }

    async fn audit_chain(&self, organization_id: OrganizationId) -> Result<AuditChain, StoreError> {
        let tables = self.tables()?;
        let chain = tables.audit_chains.get(&organization_id);
        Ok(chain.cloned().unwrap_or_default())
    }

    async fn audit_rows_after(
        &self,
        organization_id: OrganizationId,
        sequence: u64,
        limit: usize,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let tables = self.tables()?;
        let rows = tables.audit_rows_after(organization_id, sequence);
        Ok(rows.take(limit).cloned().collect())
    }

    async fn organizations_with_audit_before(
        &self,
        before: Timestamp,
        after: Option<OrganizationId>,
        limit: usize,
    ) -> Result<Vec<OrganizationId>, StoreError> {
        let tables = self.tables()?;
        let begins_before = |id: &OrganizationId| {
            let first = tables.audit_rows_after(*id, 0).next();
            first.is_some_and(|row| row.created_at < before)
        };
        let ids = tables.audit_chains.keys().copied();
        let old = ids.filter(|id| after < Some(*id)).filter(begins_before);
        Ok(old.take(limit).collect())
    }
}

#[async_trait]
impl AuditWrites for MemoryTx {
    async fn lock_audit_chain(
        &mut self,
        organization_id: OrganizationId,
    ) -> Result<AuditChain, StoreError> {
        self.view.audit_chain(organization_id).await
    }

    async fn insert_audit_row(&mut self, row: &AuditRow) -> Result<(), StoreError> {
        let place = (row.organization_id, row.sequence);
        self.view.change(|tables| {
            insert_new(&mut tables.audit_rows, place, row.clone())?;
            let chain = tables.audit_chains.entry(row.organization_id).or_default();
            chain.head = link(row);
            Ok(())
        })
    }

    async fn purge_audit_rows(
        &mut self,
        organization_id: OrganizationId,
        before: Timestamp,
        limit: usize,
    ) -> Result<Option<AuditLink>, StoreError> {
        self.view.change(|tables| {
            let old = tables
                .audit_rows_after(organization_id, 0)
                .take(limit)
                .take_while(|row| row.created_at < before);
            let Some(anchor) = old.last().map(link) else {
                return Ok(None);
            };
            tables
                .audit_rows
                .retain(|(id, place), _| *id != organization_id || anchor.sequence < *place);
            let chain = tables.audit_chains.entry(organization_id).or_default();
            chain.anchor = anchor.clone();
            Ok(Some(anchor))
        })
    }
}

impl Tables {
    /// Returns the rows behind a place in a chain, in its order.
    fn audit_rows_after(
        &self,
        organization_id: OrganizationId,
        sequence: u64,
    ) -> impl Iterator<Item = &AuditRow> {
        let behind = (organization_id, sequence + 1)..=(organization_id, u64::MAX);
        self.audit_rows.range(behind).map(|(_, row)| row)
    }
}

fn position(row: &AuditRow) -> Position<AuditId> {
    (row.created_at, row.id.clone())
}

fn link(row: &AuditRow) -> AuditLink {
    AuditLink {
        sequence: row.sequence,
        hash: row.hash.clone(),
    }
}
