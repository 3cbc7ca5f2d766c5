//! The event with a summary of each delivery (contract 2.7).

use kayle_app::ports::store::EventWithDeliveries;
use serde::Serialize;
use utoipa::ToSchema;

use super::DeliverySummaryView;
use crate::wire::{
    Shown, ShownEndpointId, ShownEventId, ShownEventType, ShownPassedOverReason, ShownTime,
    ShownTrigger, ShownTriggerType,
};

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

#[derive(Serialize, ToSchema)]
#[schema(as = EventWithPassedOver)]
pub(crate) struct EventWithPassedOverView {
    #[serde(flatten)]
    event: EventView,
    /// Endpoints that got no delivery of it, at most 50; empty for events from before this was
    /// recorded.
    passed_over: Vec<PassedOverView>,
}

/// An endpoint that got no delivery.
#[derive(Serialize, ToSchema)]
#[schema(as = PassedOver)]
pub(crate) struct PassedOverView {
    webhook_endpoint_id: ShownEndpointId,
    reason: ShownPassedOverReason,
}

impl From<&EventWithDeliveries> for EventWithPassedOverView {
    fn from(found: &EventWithDeliveries) -> Self {
        let passed_over = found.passed_over.iter().map(|one| PassedOverView {
            webhook_endpoint_id: Shown(one.endpoint_id.clone()),
            reason: Shown(one.reason),
        });
        Self {
            event: EventView::from(found),
            passed_over: passed_over.collect(),
        }
    }
}

impl From<&EventWithDeliveries> for EventView {
    fn from(found: &EventWithDeliveries) -> Self {
        let event = &found.event;
        Self {
            id: Shown(event.id.clone()),
            event_type: Shown(event.event_type),
            trigger_type: Shown(event.trigger_type()),
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
