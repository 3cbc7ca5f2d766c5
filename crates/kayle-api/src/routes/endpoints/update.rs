//! `PATCH /v1/webhooks/endpoints/{endpoint_id}` (contract 3.2, E4).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;
use kayle_endpoints::{EndpointChange, EndpointMember, UrlPolicy};
use serde_json::{Map, Value};
use strum::IntoEnumIterator;

use super::members;

use crate::error::{ApiError, ErrorCode};
use crate::extract::{Call, boolean, expect_one_of};
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::EndpointView;
use crate::wire::form::{self, body};

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Patch,
    path: "/v1/webhooks/endpoints/{endpoint_id}",
    audience: Audience::Customers,
    id: "updateEndpoint",
    tag: Tag::Endpoints,
    summary: "Change an endpoint",
    text: "Deliveries under way go on to the new URL. While an endpoint is disabled its \
           deliveries are held, and due at once when it is enabled.",
    query: &[],
    body: Body::required::<EndpointChangeBody>(),
    answer: Answer::one::<EndpointView>(),
    errors: &[ErrorCode::WebhookUrlRejected, ErrorCode::NotFound],
    docs: "webhooks/endpoints#update",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        update(caller, call).boxed_local()
    }),
};

body! {
    /// What can be replaced.
    EndpointChangeBody, "EndpointChange", form::at_least_one(Vec::from(members::forms(
        form::flag("Whether anything is delivered.").into(),
    )))
}

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
    expect_one_of(EndpointMember::iter().map(EndpointMember::as_str), body)?;
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
