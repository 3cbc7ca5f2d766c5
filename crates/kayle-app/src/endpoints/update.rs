//! Changes an endpoint (contract 3.2, E4).

use kayle_endpoints::{Endpoint, EndpointChange, EndpointMember};
use kayle_primitives::EndpointId;
use serde_json::{Value, json};
use strum::IntoEnumIterator;

use crate::access::Caller;
use crate::audit::AuditAction;
use crate::ports::store::ResumeScope;
use crate::{Missing, Webhooks};

impl Webhooks {
    /// Replaces the given members. Enabling a disabled endpoint makes all that waits for it due at
    /// once; everything else is seen by the very next attempt.
    pub async fn update_endpoint(
        &self,
        caller: &Caller,
        id: &EndpointId,
        change: EndpointChange,
    ) -> Result<Endpoint, Missing> {
        let now = self.clock.now();
        let mut tx = self.change(caller).await?;
        let before = tx.lock_endpoint(caller.organization_id, id).await?;
        let before = before.ok_or_else(|| Missing::new("endpoint", id))?;
        let details = details_of(&change);
        let enabling = change.enabled == Some(true) && !before.is_enabled();
        let endpoint = before.changed(change, now);
        tx.save_endpoint(&endpoint).await?;
        if enabling {
            let scope = ResumeScope::Endpoint(id.clone());
            tx.resume_deliveries(caller.organization_id, &scope, now)
                .await?;
        }
        tx.commit(AuditAction::EndpointUpdated, id.as_str(), details)
            .await?;
        if enabling {
            self.wakeup.wake();
        }
        Ok(endpoint)
    }
}

/// Names the changed members; of values only those that tell nothing of where or to whom.
fn details_of(change: &EndpointChange) -> Value {
    let changed: Vec<&str> = EndpointMember::iter()
        .filter(|member| change.replaces(*member))
        .map(EndpointMember::as_str)
        .collect();
    let mut details = json!({ "changed": changed });
    if let Some(enabled) = change.enabled {
        details[EndpointMember::Enabled.as_str()] = json!(enabled);
    }
    if let Some(retention) = change.retention {
        details[EndpointMember::UndeliveredPayloadRetentionHours.as_str()] =
            json!(retention.hours());
    }
    details
}
