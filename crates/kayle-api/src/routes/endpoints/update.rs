//! `PATCH /v1/webhooks/endpoints/{endpoint_id}` (contract 3.2, E4).

use actix_web::{HttpResponse, Route};
use kayle_endpoints::{EndpointChange, UrlPolicy};
use serde_json::{Map, Value};

use super::members;

use crate::error::ApiError;
use crate::extract::{Call, boolean, expect_one_of};
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::EndpointView;
use kayle_app::access::Caller;

const OPERATION: Operation = Operation {
    verb: Verb::Patch,
    area: Area::Webhooks,
    answers: Answers::One,
    docs: "webhooks/endpoints#update",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, update)
}

/// What can be replaced.
const MEMBERS: [&str; 7] = [
    "name",
    "labels",
    "url",
    "enabled",
    "subscribed_event_types",
    "undelivered_payload_retention_hours",
    "retry_schedule",
];

async fn update(caller: Caller, mut call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("endpoint_id")?;
    let body = call.json_object()?;
    let webhooks = call.webhooks();
    let change = endpoint_change(&body, webhooks.url_policy())?;
    let endpoint = webhooks.update_endpoint(&caller, &id, change).await?;
    Ok(answer::ok(EndpointView::from(&endpoint)))
}

fn endpoint_change(
    body: &Map<String, Value>,
    policy: &UrlPolicy,
) -> Result<EndpointChange, ApiError> {
    expect_one_of(&MEMBERS, body)?;
    let enabled = body.get("enabled").map(|value| boolean("enabled", value));
    let subscription = body.get("subscribed_event_types");
    let retention = body.get("undelivered_payload_retention_hours");
    let retry_schedule = body.get("retry_schedule").map(members::retry_schedule);
    let url = body.get("url").map(|value| members::url(value, policy));
    Ok(EndpointChange {
        url: url.transpose()?,
        name: body.get("name").map(members::name).transpose()?,
        labels: body.get("labels").map(members::labels).transpose()?,
        enabled: enabled.transpose()?,
        subscription: subscription.map(members::subscription).transpose()?,
        retention: retention.map(members::retention).transpose()?,
        retry_schedule: retry_schedule.transpose()?,
    })
}
