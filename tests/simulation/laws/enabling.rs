//! What waits when an endpoint or its organization is enabled.

use std::collections::BTreeSet;

use kayle_delivery::{Delivery, DeliveryState};
use kayle_primitives::EndpointId;

use crate::history::{History, short};

const LAW: &str = "what_waits_is_due_once_it_is_enabled";

/// Notes the first delivery that still waits at an endpoint that was just enabled.
pub(crate) fn judge(opened: &BTreeSet<EndpointId>, deliveries: &[Delivery], history: &mut History) {
    let latest = history.latest;
    let waits = |delivery: &&Delivery| match delivery.state {
        DeliveryState::Held { .. } => true,
        DeliveryState::Pending { due_at } => latest.max(Some(delivery.updated_at)) < Some(due_at),
        DeliveryState::Delivering { .. } | DeliveryState::Succeeded | DeliveryState::Failed => {
            false
        }
    };
    let mut meant = deliveries
        .iter()
        .filter(|delivery| opened.contains(&delivery.endpoint_id));
    let waiting = meant.find(waits).map(|delivery| &delivery.id);
    let checked = waiting.map_or(Ok(()), |id| {
        Err(format!(
            "delivery {} waits though all is enabled",
            short(id.as_str())
        ))
    });
    history.note(LAW, checked);
}
