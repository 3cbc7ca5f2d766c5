//! Checks that an organization's chain is whole.

use kayle_primitives::OrganizationId;

use super::{AuditChain, AuditLink, AuditRow};
use crate::Webhooks;
use crate::limits::SWEEP_BATCH_MAX;
use crate::ports::store::StoreError;

/// What a check found of one organization.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifiedAudit {
    /// Whose log it is.
    pub organization_id: OrganizationId,
    /// How many rows were checked.
    pub rows: u64,
    /// The first place where the chain is broken; `None` if it is whole.
    pub broken: Option<AuditBreak>,
}

/// How a chain is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum AuditBreak {
    /// A row is missing.
    #[error("row {0} is missing")]
    Missing(u64),
    /// A row, or the one before it, is not as it was written.
    #[error("row {0} was altered")]
    Altered(u64),
    /// The head names another last row than there is.
    #[error("row {0} is not the one that the log's head names")]
    Head(u64),
}

impl Webhooks {
    /// Checks the log of every organization.
    pub async fn verify_audit_logs(&self) -> Result<Vec<VerifiedAudit>, StoreError> {
        let mut verified = Vec::new();
        for organization_id in self.store.reads().audited_organizations().await? {
            verified.push(self.verify_audit_log(organization_id).await?);
        }
        Ok(verified)
    }

    /// Checks the log of one organization, from its anchor to its head.
    pub async fn verify_audit_log(
        &self,
        organization_id: OrganizationId,
    ) -> Result<VerifiedAudit, StoreError> {
        let reads = self.store.reads();
        let AuditChain { anchor, head } = reads.audit_chain(organization_id).await?;
        let mut link = anchor;
        let mut rows = 0;
        while link.sequence < head.sequence {
            let batch = reads
                .audit_rows_after(organization_id, link.sequence, SWEEP_BATCH_MAX)
                .await?;
            let missing = batch
                .is_empty()
                .then_some(AuditBreak::Missing(link.sequence + 1));
            let broken = batch.iter().find_map(|row| {
                rows += 1;
                self.check_row(row, &mut link).err()
            });
            if let Some(broken) = missing.or(broken) {
                return Ok(VerifiedAudit {
                    organization_id,
                    rows,
                    broken: Some(broken),
                });
            }
        }
        let broken = (link.sequence == head.sequence && link != head)
            .then_some(AuditBreak::Head(head.sequence));
        Ok(VerifiedAudit {
            organization_id,
            rows,
            broken,
        })
    }

    fn check_row(&self, row: &AuditRow, before: &mut AuditLink) -> Result<(), AuditBreak> {
        if row.sequence != before.sequence + 1 {
            return Err(AuditBreak::Missing(before.sequence + 1));
        }
        if !self
            .keys
            .audit_row_matches(&row.hashed_content(before), &row.hash)
        {
            return Err(AuditBreak::Altered(row.sequence));
        }
        *before = row.link();
        Ok(())
    }
}
