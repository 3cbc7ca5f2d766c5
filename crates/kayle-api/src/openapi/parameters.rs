//! Parameters of paths and queries.

use kayle_delivery::DeliveryStatus;
use kayle_delivery::activity::ActivityRange;
use kayle_events::EventType;
use kayle_sessions::SessionStatus;
use strum::IntoEnumIterator;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn};
use utoipa::openapi::schema::ObjectBuilder;

use crate::wire::form::{any_id, choice, count_to, flag, matching, moment, uuid};

/// Returns the parameters that stand in braces in a path.
pub(super) fn of_path(path: &str) -> impl Iterator<Item = Parameter> {
    path.split('/').filter_map(|segment| {
        let name = segment.strip_prefix('{')?.strip_suffix('}')?;
        let parameter = ParameterBuilder::new()
            .name(name)
            .parameter_in(ParameterIn::Path)
            .required(Required::True)
            .schema(Some(path_schema(name)));
        Some(parameter.build())
    })
}

fn path_schema(name: &str) -> ObjectBuilder {
    match name {
        "session_id" => session_id("The session."),
        "api_key_id" => uuid("The API key."),
        "endpoint_id" => any_id("The endpoint, `whe_…`."),
        "key_id" => any_id("The encryption key, `whk_…`: its `id`, not its `key_id`."),
        "delivery_id" => any_id("The delivery, `whd_…`."),
        "event_id" => any_id("The event, `evt_…`."),
        unknown => panic!("the path parameter {unknown} has no schema"),
    }
}

fn session_id(about: &str) -> ObjectBuilder {
    matching("^vs_[A-Za-z0-9]{64}$", about)
}

fn query(name: &str, schema: ObjectBuilder) -> Parameter {
    ParameterBuilder::new()
        .name(name)
        .parameter_in(ParameterIn::Query)
        .required(Required::False)
        .schema(Some(schema))
        .build()
}

pub(crate) fn limit() -> Parameter {
    let schema = count_to(1, 100, "The most items of a page.");
    query("limit", schema.default(Some(10.into())))
}

const CURSOR: &str = "The last item of the page before: its `next_cursor`. Filters must be \
                      repeated with it.";

pub(crate) fn starting_after() -> Parameter {
    query("starting_after", any_id(CURSOR))
}

pub(crate) fn starting_after_session() -> Parameter {
    query("starting_after", session_id(CURSOR))
}

pub(crate) fn starting_after_api_key() -> Parameter {
    query("starting_after", uuid(CURSOR))
}

pub(crate) fn enabled() -> Parameter {
    query(
        "enabled",
        flag("Only endpoints that are enabled, or only those that are not."),
    )
}

pub(crate) fn is_active() -> Parameter {
    query(
        "is_active",
        flag("Only the active key, or only the others."),
    )
}

pub(crate) fn delivery_status() -> Parameter {
    let names = DeliveryStatus::iter().map(DeliveryStatus::as_str);
    query("status", choice(names, "Only deliveries of this status."))
}

pub(crate) fn session_status() -> Parameter {
    let names = SessionStatus::iter().map(SessionStatus::as_str);
    query("status", choice(names, "Only sessions of this status."))
}

pub(crate) fn endpoint_id() -> Parameter {
    query("endpoint_id", any_id("Only deliveries to this endpoint."))
}

pub(crate) fn endpoint_id_of_activity() -> Parameter {
    let about = "Only what became of deliveries to this endpoint.";
    query("endpoint_id", any_id(about))
}

pub(crate) fn range() -> Parameter {
    let names = ActivityRange::iter().map(ActivityRange::as_str);
    let schema = choice(names, "How far back.");
    query(
        "range",
        schema.default(Some(ActivityRange::default().as_str().into())),
    )
}

pub(crate) fn event_id() -> Parameter {
    query("event_id", any_id("Only deliveries of this event."))
}

pub(crate) fn session_of_events() -> Parameter {
    query("session_id", session_id("Only events of this session."))
}

pub(crate) fn session_of_deliveries() -> Parameter {
    let about = "Only deliveries of this session's events.";
    query("session_id", session_id(about))
}

pub(crate) fn test() -> Parameter {
    query(
        "test",
        flag("Whether tests are listed too; they are not by default."),
    )
}

pub(crate) fn event_type() -> Parameter {
    let names = EventType::iter().map(EventType::as_str);
    query("type", choice(names, "Only events of this type."))
}

pub(crate) fn created_from() -> Parameter {
    query(
        "created_from",
        moment("Only what was created at this time or later."),
    )
}

pub(crate) fn created_to() -> Parameter {
    query(
        "created_to",
        moment("Only what was created at this time or earlier."),
    )
}
