//! The event (contract 2.7) and its types (6.1, D1).

use kayle_events::{EventType, TriggerType};
use strum::IntoEnumIterator;
use utoipa::openapi::Schema;
use utoipa::openapi::schema::ObjectBuilder;

use crate::openapi::schema::{choice, closed, id, list, matching, named, timestamp};

pub(super) fn schemas() -> [(&'static str, Schema); 2] {
    let names = EventType::iter().map(EventType::as_str);
    let event_type = choice(names, "What happened. Each is described under webhooks.");
    [("EventType", event_type.into()), ("Event", event().into())]
}

fn event() -> ObjectBuilder {
    let trigger_types = [TriggerType::Session, TriggerType::Attempt];
    closed([
        ("id", id("evt_", 26, "").into()),
        ("type", named("EventType")),
        (
            "trigger_type",
            choice(
                trigger_types.map(TriggerType::as_str),
                "What it happened to.",
            )
            .into(),
        ),
        (
            "trigger_id",
            matching(
                "^(vs_[a-z0-9]{64}|va_[a-z0-9]{26})$",
                "The session, or for the two attempt events the attempt.",
            )
            .into(),
        ),
        ("created_at", timestamp("").into()),
        (
            "deliveries",
            list(
                named("DeliverySummary"),
                "One for each endpoint; in no order.",
            )
            .into(),
        ),
    ])
}
