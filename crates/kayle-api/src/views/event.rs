//! The event with a summary of each delivery (contract 2.7).

use kayle_app::ports::store::EventWithDeliveries;
use serde::Serialize;
use utoipa::ToSchema;

use super::DeliverySummaryView;
use crate::wire::{Shown, ShownEventId, ShownEventType, ShownTime, ShownTrigger, ShownTriggerType};

#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub(crate) struct EventView {
    id: ShownEventId,
    #[serde(rename = "type")]
    event_type: ShownEventType,
    /// What it happened to.
    trigger_type: ShownTriggerType,
    /// The session, or for the two attempt events the attempt.
    trigger_id: ShownTrigger,
    created_at: ShownTime,
    /// One for each endpoint; in no order.
    deliveries: Vec<DeliverySummaryView>,
}

impl From<&EventWithDeliveries> for EventView {
    fn from(found: &EventWithDeliveries) -> Self {
        let event = &found.event;
        Self {
            id: Shown(event.id.clone()),
            event_type: Shown(event.event_type),
            trigger_type: Shown(event.event_type.trigger_type()),
            trigger_id: Shown(event.trigger()),
            created_at: Shown(event.created_at),
            deliveries: found
                .deliveries
                .iter()
                .map(DeliverySummaryView::from)
                .collect(),
        }
    }
}
