//! Checks that an organization's chain is whole.

use kayle_primitives::OrganizationId;

use super::{AuditChain, AuditLink, AuditRow};
use crate::Webhooks;
use crate::access::OPERATORS;
use crate::change::until_settled;
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

impl VerifiedAudit {
    /// Names whose log it is, for people.
    pub fn owner(&self) -> String {
        if self.organization_id == OPERATORS {
            "operators".to_owned()
        } else {
            self.organization_id.to_string()
        }
    }
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
    /// A row, or where the log begins and ends, cannot be read.
    #[error("a row or the head of the log cannot be read; `admin doctor` names it")]
    Unreadable,
}

impl Webhooks {
    /// Checks the log of every organization, and the operators' own.
    pub async fn verify_audit_logs(&self) -> Result<Vec<VerifiedAudit>, StoreError> {
        let mut verified = Vec::new();
        for organization_id in self.all_audit_logs().await? {
            let log = match self.verify_begun_audit_log(organization_id).await {
                // One organization's damaged row must not hide all others' logs.
                Err(StoreError::Corrupt { .. }) => VerifiedAudit {
                    organization_id,
                    rows: 0,
                    broken: Some(AuditBreak::Unreadable),
                },
                log => log?,
            };
            verified.push(log);
        }
        Ok(verified)
    }

    /// Names every organization, and after them what stands for the operators.
    pub(crate) async fn all_audit_logs(&self) -> Result<Vec<OrganizationId>, StoreError> {
        let mut logs = self.store.reads().all_organizations().await?;
        logs.push(OPERATORS);
        Ok(logs)
    }

    /// Checks a log that cannot be empty: an organization's making is its first row. Operators may
    /// have done nothing yet.
    async fn verify_begun_audit_log(
        &self,
        organization_id: OrganizationId,
    ) -> Result<VerifiedAudit, StoreError> {
        let mut log = self.verify_audit_log(organization_id).await?;
        let chain = self.store.reads().audit_chain(organization_id).await?;
        let may_be_empty = organization_id == OPERATORS;
        if log.broken.is_none() && !may_be_empty && chain == AuditChain::default() {
            log.broken = Some(AuditBreak::Missing(1));
        }
        Ok(log)
    }

    /// Checks the log of one organization, from its anchor to its last row. A purge that comes in
    /// between takes away rows that are still to be read: then it is checked anew.
    pub async fn verify_audit_log(
        &self,
        organization_id: OrganizationId,
    ) -> Result<VerifiedAudit, StoreError> {
        until_settled(|| async {
            let reads = self.store.reads();
            let chain = reads.audit_chain(organization_id).await?;
            let mut walk = Walk::from(&chain);
            let broken = self.walk(organization_id, &mut walk).await?;
            let present = reads.audit_chain(organization_id).await?;
            let broken = broken.or_else(|| walk.end(&present.head));
            if broken.is_some() && present.anchor != chain.anchor {
                return Ok(None);
            }
            Ok(Some(VerifiedAudit {
                organization_id,
                rows: walk.rows,
                broken,
            }))
        })
        .await
    }

    /// Checks row after row until there is none.
    async fn walk(
        &self,
        organization_id: OrganizationId,
        walk: &mut Walk<'_>,
    ) -> Result<Option<AuditBreak>, StoreError> {
        let reads = self.store.reads();
        loop {
            let batch = reads
                .audit_rows_after(organization_id, walk.link.sequence, SWEEP_BATCH_MAX)
                .await?;
            if batch.is_empty() {
                return Ok(None);
            }
            for row in &batch {
                walk.rows += 1;
                if let Err(broken) = self.check_row(row, &walk.link) {
                    return Ok(Some(broken));
                }
                walk.pass(row);
            }
        }
    }

    fn check_row(&self, row: &AuditRow, before: &AuditLink) -> Result<(), AuditBreak> {
        if row.sequence != before.sequence + 1 {
            return Err(AuditBreak::Missing(before.sequence + 1));
        }
        if !self
            .keys
            .audit_row_matches(&row.content_to_hash(before), &row.hash)
        {
            return Err(AuditBreak::Altered(row.sequence));
        }
        Ok(())
    }
}

/// How far a check has come.
struct Walk<'a> {
    chain: &'a AuditChain,
    /// The last row that was found whole.
    link: AuditLink,
    rows: u64,
    met_head: bool,
    /// Whether a row says that what lies before the anchor was purged: nothing else may have
    /// taken it away.
    anchor_explained: bool,
}

impl<'a> Walk<'a> {
    fn from(chain: &'a AuditChain) -> Self {
        Self {
            chain,
            link: chain.anchor.clone(),
            rows: 0,
            met_head: chain.anchor == chain.head,
            anchor_explained: chain.anchor.sequence == 0,
        }
    }

    fn pass(&mut self, row: &AuditRow) {
        self.link = row.link();
        self.met_head |= self.link == self.chain.head;
        self.anchor_explained |= row.tells_of_purge_through(&self.chain.anchor);
    }

    /// Says what is wrong once all rows were found whole. Rows behind the first head may have been
    /// written during the check: then the `present` one has moved on with them.
    fn end(&self, present: &AuditLink) -> Option<AuditBreak> {
        let head = &self.chain.head;
        if self.link.sequence < head.sequence {
            Some(AuditBreak::Missing(self.link.sequence + 1))
        } else if !self.met_head || present.sequence < self.link.sequence {
            Some(AuditBreak::Head(head.sequence))
        } else if !self.anchor_explained {
            Some(AuditBreak::Missing(self.chain.anchor.sequence))
        } else {
            None
        }
    }
}
