//! The members that describe an endpoint in a body (contract 3.2, E1 and E4).

use std::str::FromStr;

use kayle_endpoints::{
    EndpointName, EndpointUrl, Labels, Retention, RetryScheduleName, Subscription, UrlPolicy,
};
use kayle_events::EventType;
use serde_json::{Value, json};
use utoipa::openapi::Schema;
use utoipa::openapi::schema::ArrayBuilder;

use crate::error::ApiError;
use crate::extract::{list, text};
use crate::wire::form::{self, Member};
use crate::wire::{Wire, endpoint_name};

const RETENTION: &str = "undelivered_payload_retention_hours";

pub(super) fn url(value: &Value, policy: &UrlPolicy) -> Result<EndpointUrl, ApiError> {
    Ok(EndpointUrl::parse(text("url", value)?, policy)?)
}

/// Reads a name; `null` is none.
pub(super) fn name(value: &Value) -> Result<Option<EndpointName>, ApiError> {
    if value.is_null() {
        return Ok(None);
    }
    let name = EndpointName::parse(text("name", value)?);
    name.map(Some)
        .map_err(|error| ApiError::field("name", error))
}

pub(super) fn labels(value: &Value) -> Result<Labels, ApiError> {
    let texts = list("labels", value)?
        .iter()
        .enumerate()
        .map(|(position, entry)| text(&format!("labels[{position}]"), entry).map(str::to_owned))
        .collect::<Result<Vec<_>, _>>()?;
    Labels::parse(&texts).map_err(|error| {
        let field = match error.position() {
            Some(position) => format!("labels[{position}]"),
            None => "labels".to_owned(),
        };
        ApiError::field(&field, error)
    })
}

pub(super) fn subscription(value: &Value) -> Result<Subscription, ApiError> {
    let event_types = list("subscribed_event_types", value)?
        .iter()
        .enumerate()
        .map(|(position, entry)| {
            let field = format!("subscribed_event_types[{position}]");
            EventType::from_str(text(&field, entry)?)
                .map_err(|error| ApiError::field(&field, error))
        })
        .collect::<Result<Vec<_>, _>>()?;
    Ok(Subscription::new(&event_types))
}

/// Reads a number of hours. JSON has one kind of number: `72.0` is 72.
pub(super) fn retention(value: &Value) -> Result<Retention, ApiError> {
    [
        Retention::None,
        Retention::OneDay,
        Retention::ThreeDays,
        Retention::SevenDays,
    ]
    .into_iter()
    .find(|retention| value.as_f64() == Some(f64::from(retention.hours())))
    .ok_or_else(|| ApiError::bad_request(format!("{RETENTION} must be 0, 24, 72 or 168")))
}

pub(super) fn retry_schedule(value: &Value) -> Result<RetryScheduleName, ApiError> {
    RetryScheduleName::from_str(text("retry_schedule", value)?)
        .map_err(|error| ApiError::field("retry_schedule", error))
}

/// Returns the forms of these members, and of `enabled`.
pub(super) fn forms(enabled: Schema) -> [Member; 7] {
    const URL: &str = "Where to deliver: https, a public host name, no user name or password.";
    [
        ("url", form::about(EndpointUrl::form(), URL).into()),
        ("name", form::nullable(endpoint_name()).into()),
        ("labels", Labels::form().into()),
        ("enabled", enabled.into()),
        ("subscribed_event_types", wanted_event_types().into()),
        (RETENTION, Retention::form().into()),
        ("retry_schedule", RetryScheduleName::form().into()),
    ]
}

/// Repeats are accepted, and kept once.
fn wanted_event_types() -> ArrayBuilder {
    let default = EventType::DEFAULT_SUBSCRIPTION.map(EventType::as_str);
    form::list(
        form::named("EventType"),
        "What to deliver. The two attempt events are of the older generation, and must be asked \
         for.",
    )
    .default(Some(json!(default)))
}
