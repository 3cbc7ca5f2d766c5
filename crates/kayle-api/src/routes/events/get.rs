//! `GET /v1/webhooks/events/{event_id}` (contract 3.5, V2).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;

use crate::error::{ApiError, ErrorCode};
use crate::extract::Call;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::EventWithPassedOverView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Get,
    path: "/v1/webhooks/events/{event_id}",
    audience: Audience::Customers,
    id: "getEvent",
    tag: Tag::Events,
    summary: "Get an event",
    text: "With a summary of each of its deliveries.",
    query: &[],
    body: Body::None,
    answer: Answer::one::<EventWithPassedOverView>(),
    errors: &[ErrorCode::NotFound],
    docs: "webhooks/events#get-by-id",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        get(caller, call).boxed_local()
    }),
};

/// The same under the path of older integrations (contract 3.6).
pub(in crate::routes) const V1_OPERATION: Operation = Operation {
    path: "/v1/events/{event_id}",
    id: "getV1Event",
    text: "With a summary of each of its deliveries. The path of older integrations.",
    ..OPERATION
};

async fn get(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("event_id")?;
    let found = call
        .webhooks()
        .get_event(caller.organization_id, &id)
        .await?
        .ok_or_else(|| ApiError::not_found("event"))?;
    Ok(answer::ok(EventWithPassedOverView::from(&found)))
}
