//! The delivery (contract 2.6), and the delivery with its attempts (D12).

use kayle_app::deliveries::DeliveryWithAttempts;
use kayle_delivery::{Attempt, Delivery, LastAttempt};
use kayle_primitives::{EncryptionKeyId, Timestamp};
use serde::Serialize;

use super::time;

#[derive(Serialize)]
pub(crate) struct DeliveryView {
    id: String,
    event_id: String,
    webhook_endpoint_id: String,
    webhook_encryption_key_id: Option<String>,
    status: &'static str,
    attempt_count: u32,
    next_attempt_at: Option<String>,
    payload_expires_at: Option<String>,
    payload_scrubbed_at: Option<String>,
    payload_retention_reason: &'static str,
    last_status_code: Option<u16>,
    last_attempt_at: Option<String>,
    created_at: String,
    updated_at: String,
}

#[derive(Serialize)]
pub(crate) struct DeliveryWithAttemptsView {
    #[serde(flatten)]
    delivery: DeliveryView,
    attempts: Vec<AttemptView>,
}

#[derive(Serialize)]
struct AttemptView {
    id: String,
    status: &'static str,
    status_code: Option<u16>,
    failure_reason: Option<&'static str>,
    refused_address: Option<String>,
    duration_ms: u64,
    attempted_at: String,
}

impl DeliveryView {
    /// Shows a delivery as it is at this moment.
    pub(crate) fn new(delivery: &Delivery, now: Timestamp) -> Self {
        let last_attempt: Option<LastAttempt> = delivery.last_attempt;
        Self {
            id: delivery.id.to_string(),
            event_id: delivery.event_id.to_string(),
            webhook_endpoint_id: delivery.endpoint_id.to_string(),
            webhook_encryption_key_id: delivery
                .encryption_key_id
                .as_ref()
                .map(EncryptionKeyId::to_string),
            status: delivery.status().as_str(),
            attempt_count: delivery.attempt_count,
            next_attempt_at: delivery.next_attempt_at(now).map(time),
            payload_expires_at: delivery.payload.expires_at().map(time),
            payload_scrubbed_at: delivery.payload.scrubbed_at().map(time),
            payload_retention_reason: delivery.payload.reason().as_str(),
            last_status_code: last_attempt.and_then(|attempt| attempt.status_code),
            last_attempt_at: last_attempt.map(|attempt| time(attempt.at)),
            created_at: time(delivery.created_at),
            updated_at: time(delivery.updated_at),
        }
    }
}

impl DeliveryWithAttemptsView {
    /// Shows a delivery as it is at this moment.
    pub(crate) fn new(found: &DeliveryWithAttempts, now: Timestamp) -> Self {
        Self {
            delivery: DeliveryView::new(&found.delivery, now),
            attempts: found.attempts.iter().map(AttemptView::from).collect(),
        }
    }
}

impl From<&Attempt> for AttemptView {
    fn from(attempt: &Attempt) -> Self {
        Self {
            id: attempt.id.to_string(),
            status: attempt.outcome.status().as_str(),
            status_code: attempt.outcome.status_code(),
            failure_reason: attempt.outcome.failure_reason(),
            refused_address: attempt.outcome.refused_address().map(|ip| ip.to_string()),
            duration_ms: u64::try_from(attempt.duration.as_millis()).unwrap_or(u64::MAX),
            attempted_at: time(attempt.attempted_at),
        }
    }
}
