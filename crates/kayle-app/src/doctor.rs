//! Looks a live installation over, and changes nothing.

use std::time::Duration;

use kayle_crypto::Sealed;

use crate::Webhooks;
use crate::audit::VerifiedAudit;
use crate::limits::SWEEP_BATCH_MAX;
use crate::ports::store::{
    EXAMPLES_MAX, Invariant, InvariantReads, Overdue, StoreError, Violation,
};

/// How long after its end a lease may stay: dispatchers look at leases every second.
pub const LEASE_GRACE: Duration = Duration::from_mins(1);
/// How long a due delivery may wait before it is worth a word.
pub const DUE_GRACE: Duration = Duration::from_mins(5);

/// What was found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnosis {
    /// What is wrong.
    pub findings: Vec<Violation>,
    /// What may be nothing but a backlog.
    pub warnings: Vec<Violation>,
}

impl Diagnosis {
    /// Returns whether nothing is wrong.
    pub fn is_whole(&self) -> bool {
        self.findings.is_empty()
    }
}

impl Webhooks {
    /// Checks every invariant. Payloads that expired may stay for as long as `sweep_grace`.
    pub async fn examine(
        &self,
        reads: &dyn InvariantReads,
        sweep_grace: Duration,
    ) -> Result<Diagnosis, StoreError> {
        let now = self.clock.now();
        let overdue = Overdue {
            leased_until: now.minus(LEASE_GRACE),
            payload_expired_at: now.minus(sweep_grace),
            due_at: now.minus(DUE_GRACE),
        };
        let mut found = reads.violations(&overdue).await?;
        found.extend(self.broken_audit_logs().await?);
        found.extend(self.closed_secrets(reads).await?);
        let (warnings, findings) = found
            .into_iter()
            .partition(|violation| violation.invariant.is_warning());
        Ok(Diagnosis { findings, warnings })
    }

    async fn broken_audit_logs(&self) -> Result<Option<Violation>, StoreError> {
        let verified = self.verify_audit_logs().await?;
        let broken: Vec<String> = verified
            .iter()
            .filter(|log| log.broken.is_some())
            .map(VerifiedAudit::owner)
            .collect();
        Ok(violation(Invariant::AuditLogIsWhole, broken))
    }

    async fn closed_secrets(
        &self,
        reads: &dyn InvariantReads,
    ) -> Result<Option<Violation>, StoreError> {
        let mut closed = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let secrets = reads.sealed_secrets(after.as_deref(), SWEEP_BATCH_MAX);
            let secrets = secrets.await?;
            let Some((last, _)) = secrets.last() else {
                return Ok(violation(Invariant::SigningSecretOpens, closed));
            };
            after = Some(last.clone());
            let is_closed = |(id, sealed): &(String, Sealed)| {
                self.keys.open_signing_secret(id, sealed).is_err()
            };
            closed.extend(secrets.into_iter().filter(is_closed).map(|(id, _)| id));
        }
    }
}

fn violation(invariant: Invariant, ids: Vec<String>) -> Option<Violation> {
    let count = u64::try_from(ids.len()).unwrap_or(u64::MAX);
    let examples = ids.into_iter().take(EXAMPLES_MAX).collect();
    (0 < count).then_some(Violation {
        invariant,
        count,
        examples,
    })
}
