//! The endpoint (contract 2.3, 2.4) and the bodies that describe one (3.2).

use kayle_endpoints::endpoint::NAME_CHARS_MAX;
use kayle_endpoints::labels::{LABEL_CHARS_MAX, LABELS_MAX};
use kayle_endpoints::url::URL_CHARS_MAX;
use kayle_endpoints::{Retention, RetryScheduleName};
use kayle_events::EventType;
use serde_json::{Value, json};
use utoipa::openapi::Schema;
use utoipa::openapi::schema::{ArrayBuilder, ObjectBuilder, Type};

use crate::openapi::schema::{
    Member, at_least_one, choice, closed, flag, id, list, matching, named, nullable, open, text,
    timestamp, uuid,
};

pub(super) fn schemas() -> [(&'static str, Schema); 5] {
    let change = at_least_one(described_members(nullable(name())));
    [
        ("Endpoint", endpoint().into()),
        ("NewEndpoint", new_endpoint().into()),
        ("EndpointChange", change),
        ("CreatedEndpoint", created_endpoint().into()),
        ("SigningSecret", signing_secret().into()),
    ]
}

fn endpoint() -> ObjectBuilder {
    closed([
        ("id", id("whe_", 32, "").into()),
        ("organization_id", uuid("Whose it is.").into()),
        ("name", nullable(name()).into()),
        ("labels", labels().into()),
        (
            "url",
            url("Where events are delivered, as it was given.").into(),
        ),
        ("enabled", flag("Whether anything is delivered.").into()),
        ("subscribed_event_types", event_types().into()),
        ("undelivered_payload_retention_hours", retention().into()),
        ("retry_schedule", retry_schedule().into()),
        ("created_at", timestamp("").into()),
        ("updated_at", timestamp("").into()),
        (
            "disabled_at",
            nullable(timestamp("When it was disabled; null while it is enabled.")).into(),
        ),
    ])
}

fn new_endpoint() -> ObjectBuilder {
    let enabled = flag("Whether anything is delivered from the start.").default(Some(json!(true)));
    let mut members = described_members(nullable(name()));
    members.retain(|(name, _)| *name != "enabled");
    members.push(("enabled", enabled.into()));
    open(&["url"], members)
}

/// The members that a customer chooses.
fn described_members(name: Schema) -> Vec<Member> {
    let url = url("Where to deliver: https, a public host name, no user name or password.");
    vec![
        ("url", url.into()),
        ("name", name.into()),
        ("labels", labels().into()),
        ("enabled", flag("Whether anything is delivered.").into()),
        ("subscribed_event_types", sent_event_types().into()),
        ("undelivered_payload_retention_hours", retention().into()),
        ("retry_schedule", retry_schedule().into()),
    ]
}

fn created_endpoint() -> ObjectBuilder {
    closed([
        ("endpoint", named("Endpoint")),
        ("signing_secret", secret().into()),
    ])
}

fn signing_secret() -> ObjectBuilder {
    closed([
        ("endpoint_id", id("whe_", 32, "").into()),
        ("signing_secret", secret().into()),
    ])
}

fn secret() -> ObjectBuilder {
    id(
        "whsec_",
        32,
        "The key of every signature: the UTF-8 bytes of the whole text, prefix included.",
    )
}

fn name() -> ObjectBuilder {
    matching(NOT_BLANK, "For people. Surrounding blanks are removed.")
        .min_length(Some(1))
        .max_length(Some(NAME_CHARS_MAX))
}

/// Something that is not a blank, and no U+0000.
const NOT_BLANK: &str = r"^[^\x00]*[^\s\x00][^\x00]*$";

fn labels() -> ArrayBuilder {
    let label = matching(NOT_BLANK, "Surrounding blanks are removed.")
        .min_length(Some(1))
        .max_length(Some(LABEL_CHARS_MAX));
    list(label, "For people. No two may differ in case only.")
        .max_items(Some(LABELS_MAX))
        .unique_items(true)
}

fn url(about: &str) -> ObjectBuilder {
    text(about)
        .max_length(Some(URL_CHARS_MAX))
        .examples([json!("https://shop.example/webhooks/kayle")])
}

fn event_types() -> ArrayBuilder {
    list(
        named("EventType"),
        "What is delivered; an empty list is nothing.",
    )
    .unique_items(true)
}

/// Repeats are accepted, and kept once.
fn sent_event_types() -> ArrayBuilder {
    let default = EventType::DEFAULT_SUBSCRIPTION.map(EventType::as_str);
    list(
        named("EventType"),
        "What to deliver. The two attempt events are of the older generation, and must be asked \
         for.",
    )
    .default(Some(json!(default)))
}

fn retention() -> ObjectBuilder {
    let hours = [
        Retention::None,
        Retention::OneDay,
        Retention::ThreeDays,
        Retention::SevenDays,
    ];
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .enum_values(Some(hours.map(|retention| Value::from(retention.hours()))))
        .default(Some(json!(Retention::default().hours())))
        .description(Some(
            "How long a payload is kept after its last attempt failed, to be retried by hand.",
        ))
}

fn retry_schedule() -> ObjectBuilder {
    let names = [RetryScheduleName::Standard, RetryScheduleName::Short];
    choice(
        names.map(RetryScheduleName::as_str),
        "`standard`: eight attempts over 27 hours and 35 minutes. `short`: three attempts over \
         three minutes.",
    )
    .default(Some(json!(RetryScheduleName::default().as_str())))
}
