//! The delivery (contract 2.6), its summary in an event (2.7) and its attempts (D12).

use std::net::IpAddr;
use std::time::Duration;

use kayle_app::deliveries::DeliveryWithAttempts;
use kayle_delivery::{Attempt, Delivery, Explanation, LastAttempt, StageReport};
use kayle_primitives::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::{
    Shown, ShownAttemptStatus, ShownConnectionUse, ShownDeliveryAttemptId, ShownDeliveryId,
    ShownDeliveryStatus, ShownEncryptionKeyId, ShownEndpointId, ShownEventId, ShownExplanationCode,
    ShownFailureReason, ShownProofVerdict, ShownRetentionReason, ShownStage, ShownStageState,
    ShownTime, ShownTlsVersion,
};

#[derive(Serialize, ToSchema)]
#[schema(as = Delivery)]
pub(crate) struct DeliveryView {
    id: ShownDeliveryId,
    /// What is delivered.
    event_id: ShownEventId,
    /// Where it is delivered.
    webhook_endpoint_id: ShownEndpointId,
    /// The key that it is encrypted with; null if none was active.
    webhook_encryption_key_id: Option<ShownEncryptionKeyId>,
    status: ShownDeliveryStatus,
    /// Attempts since it was made or last asked for again.
    attempt_count: u32,
    /// When it is tried next; null if that is now or never.
    next_attempt_at: Option<ShownTime>,
    /// Until when the payload is kept.
    payload_expires_at: Option<ShownTime>,
    /// When the payload was erased; null while it is kept.
    payload_scrubbed_at: Option<ShownTime>,
    /// Why the payload is kept, or is not.
    payload_retention_reason: Option<ShownRetentionReason>,
    /// What the last attempt was answered; null without an answer.
    #[schema(minimum = 100, maximum = 999)]
    last_status_code: Option<u16>,
    /// Why the last attempt failed; null if it did not, and where the payload's reason says it.
    last_failure_reason: Option<ShownFailureReason>,
    /// When the last attempt began.
    last_attempt_at: Option<ShownTime>,
    created_at: ShownTime,
    updated_at: ShownTime,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DeliveryWithAttempts)]
pub(crate) struct DeliveryWithAttemptsView {
    #[serde(flatten)]
    delivery: DeliveryView,
    /// What was tried, the first one first.
    attempts: Vec<AttemptView>,
    explanation: ExplanationView,
    /// How a test went, stage by stage; null for what is no test.
    report: Option<Vec<StageView>>,
}

/// A stage of a test. What the stage does not know is null.
#[derive(Serialize, ToSchema)]
#[schema(as = TestStage)]
pub(crate) struct StageView {
    stage: ShownStage,
    state: ShownStageState,
    /// How long it took, in milliseconds.
    ms: Option<u64>,
    /// With `encrypt`: the key.
    webhook_encryption_key_id: Option<ShownEncryptionKeyId>,
    /// With `encrypt`: the length of the body.
    body_bytes: Option<usize>,
    /// With `sign`: the signature's `t`, in Unix seconds.
    t: Option<i64>,
    /// With `sign`: the SHA-256 of the body, in hex.
    body_sha256: Option<String>,
    /// With `resolve`: the addresses that the name leads to.
    addresses: Option<Vec<String>>,
    /// With `judge`, the address that was refused; with `connect`, the one that was connected to.
    address: Option<String>,
    /// With `connect`: which connection carried the request.
    connection: Option<ShownConnectionUse>,
    /// With `tls`: the version that the handshake agreed on.
    tls_version: Option<ShownTlsVersion>,
    /// With `tls`: how many whole days your certificate is still valid.
    certificate_days: Option<i64>,
    /// With `status`: what was answered.
    #[schema(minimum = 100, maximum = 999)]
    status_code: Option<u16>,
    /// Why it failed.
    failure_reason: Option<ShownFailureReason>,
    /// With `decrypt`: how your `X-Kayle-Proof` was judged.
    proof: Option<ShownProofVerdict>,
}

/// Why the delivery is where it is.
#[derive(Serialize, ToSchema)]
#[schema(as = Explanation)]
pub(crate) struct ExplanationView {
    code: ShownExplanationCode,
    /// The same for a person to read, with the facts.
    text: String,
}

#[derive(Serialize, ToSchema)]
#[schema(as = DeliverySummary)]
pub(crate) struct DeliverySummaryView {
    id: ShownDeliveryId,
    /// Where it is delivered.
    webhook_endpoint_id: ShownEndpointId,
    status: ShownDeliveryStatus,
    /// What the last attempt was answered; null without an answer.
    #[schema(minimum = 100, maximum = 999)]
    last_status_code: Option<u16>,
    /// Why the last attempt failed; null if it did not, and where the payload's reason says it.
    last_failure_reason: Option<ShownFailureReason>,
    /// Attempts since it was made or last asked for again.
    attempt_count: u32,
    /// When the last attempt began.
    last_attempt_at: Option<ShownTime>,
    /// Until when the payload is kept.
    payload_expires_at: Option<ShownTime>,
    /// When the payload was erased; null while it is kept.
    payload_scrubbed_at: Option<ShownTime>,
    /// Why the payload is kept, or is not.
    payload_retention_reason: Option<ShownRetentionReason>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = Attempt)]
pub(crate) struct AttemptView {
    id: ShownDeliveryAttemptId,
    status: ShownAttemptStatus,
    /// What was answered; null without an answer.
    #[schema(minimum = 100, maximum = 999)]
    status_code: Option<u16>,
    /// Why it failed.
    failure_reason: Option<ShownFailureReason>,
    /// With `blocked_address`: the address that the name leads to.
    refused_address: Option<String>,
    /// Milliseconds.
    duration_ms: u64,
    /// Which connection carried the request; null where none was made.
    connection: Option<ShownConnectionUse>,
    /// The address that the connection leads to.
    remote_address: Option<String>,
    /// Until the host's name was resolved; null if it was not needed.
    dns_ms: Option<u64>,
    /// Until an address took the connection.
    connect_ms: Option<u64>,
    /// Until the TLS handshake was over.
    tls_ms: Option<u64>,
    /// From the readiness of the connection until your answer began.
    first_byte_ms: Option<u64>,
    /// When it began.
    attempted_at: ShownTime,
}

impl DeliveryView {
    /// Shows a delivery as it is at this moment.
    pub(crate) fn new(delivery: &Delivery, now: Timestamp) -> Self {
        let last_attempt: Option<LastAttempt> = delivery.last_attempt;
        Self {
            id: Shown(delivery.id.clone()),
            event_id: Shown(delivery.event_id.clone()),
            webhook_endpoint_id: Shown(delivery.endpoint_id.clone()),
            webhook_encryption_key_id: delivery.encryption_key_id.clone().map(Shown),
            status: Shown(delivery.status()),
            attempt_count: delivery.attempt_count,
            next_attempt_at: delivery.next_attempt_at(now).map(Shown),
            payload_expires_at: delivery.payload.expires_at().map(Shown),
            payload_scrubbed_at: delivery.payload.scrubbed_at().map(Shown),
            payload_retention_reason: Some(Shown(delivery.payload.reason())),
            last_status_code: last_attempt.and_then(|attempt| attempt.status_code),
            last_failure_reason: last_attempt
                .and_then(|attempt| attempt.failure_reason)
                .map(Shown),
            last_attempt_at: last_attempt.map(|attempt| Shown(attempt.at)),
            created_at: Shown(delivery.created_at),
            updated_at: Shown(delivery.updated_at),
        }
    }
}

impl DeliveryWithAttemptsView {
    /// Shows a delivery as it is at this moment.
    pub(crate) fn new(found: &DeliveryWithAttempts, now: Timestamp) -> Self {
        Self {
            delivery: DeliveryView::new(&found.delivery, now),
            attempts: found.attempts.iter().map(AttemptView::from).collect(),
            explanation: ExplanationView::from(&found.explanation),
            report: found
                .report
                .as_ref()
                .map(|stages| stages.iter().map(StageView::from).collect()),
        }
    }
}

impl From<&StageReport> for StageView {
    fn from(found: &StageReport) -> Self {
        Self {
            stage: Shown(found.stage),
            state: Shown(found.state),
            ms: found.took.map(as_ms),
            webhook_encryption_key_id: found.encryption_key_id.clone().map(Shown),
            body_bytes: found.body_bytes,
            t: found.signed_at_s,
            body_sha256: found.body_sha256.clone(),
            addresses: (!found.addresses.is_empty())
                .then(|| found.addresses.iter().map(IpAddr::to_string).collect()),
            address: found.address.map(|ip| ip.to_string()),
            connection: found.connection.map(Shown),
            tls_version: found.tls_version.map(Shown),
            certificate_days: found.certificate_days,
            status_code: found.status_code,
            failure_reason: found.failure_reason.map(Shown),
            proof: found.proof.map(Shown),
        }
    }
}

impl From<&Explanation> for ExplanationView {
    fn from(explanation: &Explanation) -> Self {
        Self {
            code: Shown(explanation.code()),
            text: explanation.to_string(),
        }
    }
}

impl From<&Delivery> for DeliverySummaryView {
    fn from(delivery: &Delivery) -> Self {
        let last_attempt: Option<LastAttempt> = delivery.last_attempt;
        Self {
            id: Shown(delivery.id.clone()),
            webhook_endpoint_id: Shown(delivery.endpoint_id.clone()),
            status: Shown(delivery.status()),
            last_status_code: last_attempt.and_then(|attempt| attempt.status_code),
            last_failure_reason: last_attempt
                .and_then(|attempt| attempt.failure_reason)
                .map(Shown),
            attempt_count: delivery.attempt_count,
            last_attempt_at: last_attempt.map(|attempt| Shown(attempt.at)),
            payload_expires_at: delivery.payload.expires_at().map(Shown),
            payload_scrubbed_at: delivery.payload.scrubbed_at().map(Shown),
            payload_retention_reason: Some(Shown(delivery.payload.reason())),
        }
    }
}

impl From<&Attempt> for AttemptView {
    fn from(attempt: &Attempt) -> Self {
        let phases = attempt.phases;
        Self {
            id: Shown(attempt.id.clone()),
            status: Shown(attempt.outcome.status()),
            status_code: attempt.outcome.status_code(),
            failure_reason: attempt.outcome.failure_reason().map(Shown),
            refused_address: attempt.outcome.refused_address().map(|ip| ip.to_string()),
            duration_ms: as_ms(attempt.duration),
            connection: phases.connection.map(Shown),
            remote_address: phases.remote_address.map(|ip| ip.to_string()),
            dns_ms: phases.dns.map(as_ms),
            connect_ms: phases.connect.map(as_ms),
            tls_ms: phases.tls.map(as_ms),
            first_byte_ms: phases.first_byte.map(as_ms),
            attempted_at: Shown(attempt.attempted_at),
        }
    }
}

fn as_ms(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
