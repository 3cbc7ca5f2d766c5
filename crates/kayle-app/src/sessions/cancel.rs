//! The customer cancels a session (contract 3.8, S4).

use std::collections::BTreeSet;
use std::iter;

use kayle_primitives::{SessionId, Timestamp};
use kayle_sessions::{Input, Step, step};
use serde_json::json;

use crate::access::Caller;
use crate::audit::AuditAction;
use crate::change::{unless_conflict, until_settled};
use crate::ports::meter::DeliveryEnd;
use crate::ports::store::StoreError;
use crate::{Missing, Webhooks};

impl Webhooks {
    /// Cancels an active session; an ended one stays as it is. An overdue one expires instead.
    pub async fn cancel_session(&self, caller: &Caller, id: &SessionId) -> Result<(), Missing> {
        until_settled(|| async {
            let reads = self.store.reads();
            let session = reads.find_session(caller.organization_id, id).await?;
            let session = session.ok_or_else(|| Missing::new("session", id))?;
            let now = self.clock.now();
            let Some(session) = self.expire_if_overdue(session, now).await? else {
                return Ok(None);
            };
            let Ok(step) = step(session, Input::Cancel, now) else {
                return Ok(Some(()));
            };
            Ok(unless_conflict(
                self.commit_cancel(caller, step, now).await,
            )?)
        })
        .await
    }

    async fn commit_cancel(
        &self,
        caller: &Caller,
        step: Step,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let organizations = BTreeSet::from([caller.organization_id]);
        let endpoints = self.endpoints_to_tell(organizations).await?;
        let ready = self.make_ready(step.into(), &endpoints, &self.new_lease(), now);
        let mut tx = self.change(caller).await?;
        let withdrawn = ready.write(&mut *tx).await?;
        let action = AuditAction::SessionCancelled;
        tx.commit(action, ready.step.session.id.as_str(), json!({}))
            .await?;
        self.note_ended(DeliveryEnd::Withdrawn, &withdrawn);
        self.note_committed(iter::once(&ready.step));
        self.announce(ready.handed_over, ready.step);
        Ok(())
    }
}
