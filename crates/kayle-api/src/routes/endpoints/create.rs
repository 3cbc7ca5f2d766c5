//! `POST /v1/webhooks/endpoints` (contract 3.2, E1).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;
use kayle_app::endpoints::NewEndpoint;
use kayle_endpoints::UrlPolicy;
use serde_json::{Map, Value, json};
use utoipa::openapi::Schema;

use super::members;
use crate::error::{ApiError, ErrorCode};
use crate::extract::{Call, boolean, required};
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::CreatedEndpointView;
use crate::wire::form::{self, body};

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Post,
    path: "/v1/webhooks/endpoints",
    audience: Audience::Customers,
    id: "createEndpoint",
    tag: Tag::Endpoints,
    summary: "Create an endpoint",
    text: "Registers a URL that events are delivered to. The answer is the first to show its \
           signing secret. Nothing is sent to the URL until an event happens.",
    query: &[],
    body: Body::required::<NewEndpointBody>(),
    answer: Answer::one::<CreatedEndpointView<'_>>(),
    errors: &[ErrorCode::WebhookUrlRejected, ErrorCode::LimitReached],
    docs: "webhooks/endpoints#create",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        create(caller, call).boxed_local()
    }),
};

body! {
    /// What describes a new endpoint.
    NewEndpointBody, "NewEndpoint", form::open(&["url"], members::forms(enabled()))
}

fn enabled() -> Schema {
    let enabled = form::flag("Whether anything is delivered from the start.");
    enabled.default(Some(json!(true))).into()
}

async fn create(caller: Caller, mut call: Call) -> Result<HttpResponse, ApiError> {
    let body = call.json_object()?;
    let webhooks = call.webhooks();
    let new = new_endpoint(&body, webhooks.url_policy())?;
    let created = webhooks.create_endpoint(&caller, new).await?;
    Ok(answer::ok(CreatedEndpointView::from(&created)))
}

fn new_endpoint(body: &Map<String, Value>, policy: &UrlPolicy) -> Result<NewEndpoint, ApiError> {
    let enabled = body.get("enabled").map(|value| boolean("enabled", value));
    let subscription = body.get("subscribed_event_types");
    let retention = body.get("undelivered_payload_retention_hours");
    let retry_schedule = body.get("retry_schedule").map(members::retry_schedule);
    let labels = body.get("labels").map(members::labels);
    let name = body.get("name").map(members::name);
    Ok(NewEndpoint {
        url: members::url(required(body, "url")?, policy)?,
        name: name.transpose()?.flatten(),
        labels: labels.transpose()?.unwrap_or_default(),
        enabled: enabled.transpose()?.unwrap_or(true),
        subscription: subscription
            .map(members::subscription)
            .transpose()?
            .unwrap_or_default(),
        retention: retention
            .map(members::retention)
            .transpose()?
            .unwrap_or_default(),
        retry_schedule: retry_schedule.transpose()?.unwrap_or_default(),
    })
}
