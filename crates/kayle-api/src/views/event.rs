//! The event with a summary of each delivery (contract 2.7).

use kayle_app::ports::store::EventWithDeliveries;
use kayle_delivery::{Delivery, LastAttempt};
use kayle_events::Trigger;
use serde::Serialize;

use super::time;

#[derive(Serialize)]
pub(crate) struct EventView {
    id: String,
    #[serde(rename = "type")]
    event_type: &'static str,
    trigger_type: &'static str,
    trigger_id: String,
    created_at: String,
    deliveries: Vec<DeliverySummaryView>,
}

#[derive(Serialize)]
struct DeliverySummaryView {
    id: String,
    webhook_endpoint_id: String,
    status: &'static str,
    last_status_code: Option<u16>,
    attempt_count: u32,
    last_attempt_at: Option<String>,
    payload_expires_at: Option<String>,
    payload_scrubbed_at: Option<String>,
    payload_retention_reason: &'static str,
}

impl From<&EventWithDeliveries> for EventView {
    fn from(found: &EventWithDeliveries) -> Self {
        let event = &found.event;
        Self {
            id: event.id.to_string(),
            event_type: event.event_type.as_str(),
            trigger_type: event.event_type.trigger_type().as_str(),
            trigger_id: match event.trigger() {
                Trigger::Session(id) => id.to_string(),
                Trigger::Attempt(id) => id.to_string(),
            },
            created_at: time(event.created_at),
            deliveries: found
                .deliveries
                .iter()
                .map(DeliverySummaryView::from)
                .collect(),
        }
    }
}

impl From<&Delivery> for DeliverySummaryView {
    fn from(delivery: &Delivery) -> Self {
        let last_attempt: Option<LastAttempt> = delivery.last_attempt;
        Self {
            id: delivery.id.to_string(),
            webhook_endpoint_id: delivery.endpoint_id.to_string(),
            status: delivery.status().as_str(),
            last_status_code: last_attempt.and_then(|attempt| attempt.status_code),
            attempt_count: delivery.attempt_count,
            last_attempt_at: last_attempt.map(|attempt| time(attempt.at)),
            payload_expires_at: delivery.payload.expires_at().map(time),
            payload_scrubbed_at: delivery.payload.scrubbed_at().map(time),
            payload_retention_reason: delivery.payload.reason().as_str(),
        }
    }
}
