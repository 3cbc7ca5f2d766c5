//! Changes an endpoint (contract 3.2, E4).

use kayle_endpoints::{Endpoint, EndpointChange};
use kayle_primitives::EndpointId;
use serde_json::{Value, json};

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
    let members = [
        ("name", change.name.is_some()),
        ("labels", change.labels.is_some()),
        ("url", change.url.is_some()),
        ("enabled", change.enabled.is_some()),
        ("subscribed_event_types", change.subscription.is_some()),
        (
            "undelivered_payload_retention_hours",
            change.retention.is_some(),
        ),
        ("retry_schedule", change.retry_schedule.is_some()),
    ];
    let changed: Vec<&str> = members
        .into_iter()
        .filter(|(_, given)| *given)
        .map(|(name, _)| name)
        .collect();
    let mut details = json!({ "changed": changed });
    if let Some(enabled) = change.enabled {
        details["enabled"] = json!(enabled);
    }
    if let Some(retention) = change.retention {
        details["undelivered_payload_retention_hours"] = json!(retention.hours());
    }
    details
}
