//! What is deleted by age (contract 7.9, Timers): in bounded batches, and never what still holds a
//! payload.

use std::time::Duration;

use kayle_primitives::{OrganizationId, Timestamp};
use serde_json::json;

use crate::Webhooks;
use crate::access::Caller;
use crate::audit::AuditAction;
use crate::limits::{SERVICE_TOKEN_REMEMBERED, SWEEP_BATCH_MAX};
use crate::ports::meter::Swept;
use crate::ports::store::{StoreError, report_damage};

/// How long an event is kept, once none of its deliveries stores a payload.
pub const EVENT_RETENTION: Duration = Duration::from_hours(30 * 24);
/// How long an ended session is kept.
pub const SESSION_RETENTION: Duration = Duration::from_hours(30 * 24);
/// How long an ended session keeps what could lead to the person.
pub const SESSION_DETAILS_RETENTION: Duration = Duration::from_hours(7 * 24);
/// How long a row of the audit log is kept.
pub const AUDIT_RETENTION: Duration = Duration::from_hours(365 * 24);

/// How much a purge found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Purged {
    /// Events, with their deliveries and attempts.
    pub events: u64,
    /// Ended sessions.
    pub sessions: u64,
    /// Ended sessions that lost their details.
    pub minimized: u64,
    /// Rows of the audit log.
    pub audit_rows: u64,
}

impl Webhooks {
    /// Deletes until nothing is old enough; nothing while nobody is certain what time it is.
    pub async fn purge(&self) -> Result<Purged, StoreError> {
        let Some(now) = self.clock.certain_now() else {
            return Ok(Purged::default());
        };
        let mut purged = Purged::default();
        loop {
            let found = self.purge_batch(now).await?;
            purged.events += found.events;
            purged.sessions += found.sessions;
            purged.minimized += found.minimized;
            if found == Purged::default() {
                break;
            }
        }
        purged.audit_rows = self.purge_audit_logs(now).await?;
        self.forget_service_tokens(now).await?;
        Ok(purged)
    }

    /// Deletes what is known of service tokens that have ended.
    async fn forget_service_tokens(&self, now: Timestamp) -> Result<(), StoreError> {
        let mut tx = self.store.unaudited().await?;
        let limit = now.minus(SERVICE_TOKEN_REMEMBERED);
        tx.delete_service_tokens_expired_before(limit).await?;
        tx.commit().await
    }

    async fn purge_batch(&self, now: Timestamp) -> Result<Purged, StoreError> {
        let mut tx = self.store.unaudited().await?;
        let purged = Purged {
            events: tx
                .purge_events(now.minus(EVENT_RETENTION), SWEEP_BATCH_MAX)
                .await?,
            sessions: tx
                .purge_sessions(now.minus(SESSION_RETENTION), SWEEP_BATCH_MAX)
                .await?,
            minimized: tx
                .minimize_sessions(now.minus(SESSION_DETAILS_RETENTION), SWEEP_BATCH_MAX)
                .await?,
            audit_rows: 0,
        };
        tx.commit().await?;
        for (what, count) in [
            (Swept::EventsDeleted, purged.events),
            (Swept::SessionsDeleted, purged.sessions),
            (Swept::SessionsMinimized, purged.minimized),
        ] {
            self.count_swept(what, count);
        }
        Ok(purged)
    }

    /// Purges every log. One that cannot be read is passed over: it is its own organization's.
    async fn purge_audit_logs(&self, now: Timestamp) -> Result<u64, StoreError> {
        let before = now.minus(AUDIT_RETENTION);
        let (mut purged, mut last) = (0, None);
        loop {
            let reads = self.store.reads();
            let found = reads
                .organizations_with_audit_before(before, last, SWEEP_BATCH_MAX)
                .await?;
            if found.is_empty() {
                return Ok(purged);
            }
            last = found.last().copied();
            for organization_id in found {
                match self.purge_whole_audit_log(organization_id, before).await {
                    Ok(rows) => purged += rows,
                    Err(error @ StoreError::Corrupt { .. }) => report_damage(&error),
                    Err(error @ (StoreError::Unavailable(_) | StoreError::Conflict)) => {
                        return Err(error);
                    }
                }
            }
        }
    }

    async fn purge_whole_audit_log(
        &self,
        organization_id: OrganizationId,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut purged = 0;
        loop {
            match self.purge_audit_log(organization_id, before).await? {
                0 => return Ok(purged),
                rows => purged += rows,
            }
        }
    }

    /// Purges one batch of one log, and says so in it.
    async fn purge_audit_log(
        &self,
        organization_id: OrganizationId,
        before: Timestamp,
    ) -> Result<u64, StoreError> {
        let mut tx = self.change(&Caller::system(organization_id)).await?;
        let first = tx.lock_audit_chain(organization_id).await?.anchor.sequence;
        let anchor = tx
            .purge_audit_rows(organization_id, before, SWEEP_BATCH_MAX)
            .await?;
        let Some(anchor) = anchor else { return Ok(0) };
        let rows = anchor.sequence - first;
        let details = json!({ "rows": rows, "through": anchor.sequence, "hash": anchor.hash });
        let id = organization_id.to_string();
        tx.commit(AuditAction::AuditPurged, &id, details).await?;
        self.count_swept(Swept::AuditRowsDeleted, rows);
        Ok(rows)
    }

    fn count_swept(&self, what: Swept, count: u64) {
        self.meter
            .swept(what, count.try_into().unwrap_or(usize::MAX));
    }
}
