//! The delivery (contract 2.6), its summary in an event (2.7) and its attempts (D12).

use kayle_delivery::{DeliveryStatus, FailureReason, RetentionReason};
use strum::IntoEnumIterator;
use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::{RefOr, Schema};

use crate::openapi::schema::{
    Member, choice, closed, count, count_to, id, list, named, nullable, text, timestamp,
};

pub(super) fn schemas() -> [(&'static str, Schema); 4] {
    let attempts = list(named("Attempt"), "What was tried, the first one first.");
    let with_attempts = delivery()
        .into_iter()
        .chain([("attempts", attempts.into())]);
    [
        ("Delivery", closed(delivery()).into()),
        ("DeliveryWithAttempts", closed(with_attempts).into()),
        ("Attempt", attempt().into()),
        ("DeliverySummary", summary().into()),
    ]
}

fn delivery() -> Vec<Member> {
    vec![
        ("id", id("whd_", 26, "").into()),
        ("event_id", id("evt_", 26, "What is delivered.").into()),
        ("webhook_endpoint_id", endpoint_id()),
        (
            "webhook_encryption_key_id",
            nullable(id(
                "whk_",
                32,
                "The key that it is encrypted with; null if none was active.",
            ))
            .into(),
        ),
        ("status", status()),
        ("attempt_count", attempt_count()),
        (
            "next_attempt_at",
            nullable(timestamp(
                "When it is tried next; null if that is now or never.",
            ))
            .into(),
        ),
        ("payload_expires_at", payload_expires_at()),
        ("payload_scrubbed_at", payload_scrubbed_at()),
        ("payload_retention_reason", retention_reason()),
        ("last_status_code", last_status_code()),
        ("last_attempt_at", last_attempt_at()),
        ("created_at", timestamp("").into()),
        ("updated_at", timestamp("").into()),
    ]
}

fn summary() -> ObjectBuilder {
    closed([
        ("id", id("whd_", 26, "").into()),
        ("webhook_endpoint_id", endpoint_id()),
        ("status", status()),
        ("last_status_code", last_status_code()),
        ("attempt_count", attempt_count()),
        ("last_attempt_at", last_attempt_at()),
        ("payload_expires_at", payload_expires_at()),
        ("payload_scrubbed_at", payload_scrubbed_at()),
        ("payload_retention_reason", retention_reason()),
    ])
}

fn attempt() -> ObjectBuilder {
    closed([
        ("id", id("wha_", 26, "").into()),
        ("status", choice(["succeeded", "failed"], "").into()),
        (
            "status_code",
            nullable(status_code("What was answered; null without an answer.")).into(),
        ),
        (
            "failure_reason",
            nullable(choice(failure_reasons(), "Why it failed.")).into(),
        ),
        (
            "refused_address",
            nullable(text(
                "With `blocked_address`: the address that the name leads to.",
            ))
            .into(),
        ),
        ("duration_ms", count(0, "Milliseconds.").into()),
        ("attempted_at", timestamp("When it began.").into()),
    ])
}

/// The reasons of attempts without an answer, and those of the ones that have a status code.
fn failure_reasons() -> Vec<&'static str> {
    let without_answer = FailureReason::iter().map(FailureReason::as_str);
    let mut all = vec!["http_status", "url_rejected"];
    all.extend(without_answer);
    all
}

fn endpoint_id() -> RefOr<Schema> {
    id("whe_", 32, "Where it is delivered.").into()
}

fn status() -> RefOr<Schema> {
    choice(DeliveryStatus::iter().map(DeliveryStatus::as_str), "").into()
}

fn attempt_count() -> RefOr<Schema> {
    count(0, "Attempts since it was made or last asked for again.").into()
}

fn payload_expires_at() -> RefOr<Schema> {
    nullable(timestamp("Until when the payload is kept.")).into()
}

fn payload_scrubbed_at() -> RefOr<Schema> {
    nullable(timestamp(
        "When the payload was erased; null while it is kept.",
    ))
    .into()
}

fn retention_reason() -> RefOr<Schema> {
    let names = RetentionReason::iter().map(RetentionReason::as_str);
    nullable(choice(names, "Why the payload is kept, or is not.")).into()
}

fn last_status_code() -> RefOr<Schema> {
    let about = "What the last attempt was answered; null without an answer.";
    nullable(status_code(about)).into()
}

fn last_attempt_at() -> RefOr<Schema> {
    nullable(timestamp("When the last attempt began.")).into()
}

fn status_code(about: &str) -> ObjectBuilder {
    count_to(100, 999, about)
}
