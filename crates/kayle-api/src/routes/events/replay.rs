//! `POST /v1/webhooks/events/{event_id}/replay` (contract 3.5, V3).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;

use crate::error::{ApiError, ErrorCode};
use crate::extract::Call;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::EventWithPassedOverView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Post,
    path: "/v1/webhooks/events/{event_id}/replay",
    audience: Audience::Customers,
    id: "replayEvent",
    tag: Tag::Events,
    summary: "Replay an event",
    text: "Retries each delivery of the event whose payload is still there, and skips the \
           others. Endpoints that came later get nothing.",
    query: &[],
    body: Body::None,
    answer: Answer::accepted::<EventWithPassedOverView>(),
    errors: &[
        ErrorCode::NotFound,
        ErrorCode::Conflict,
        ErrorCode::WebhookPayloadExpired,
    ],
    docs: "webhooks/events#replay",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        replay(caller, call).boxed_local()
    }),
};

/// The same under the path of older integrations (contract 3.6).
pub(in crate::routes) const V1_OPERATION: Operation = Operation {
    path: "/v1/events/{event_id}/replay",
    id: "replayV1Event",
    text: "Retries each delivery of the event whose payload is still there, and skips the \
           others. Endpoints that came later get nothing. The path of older integrations.",
    ..OPERATION
};

async fn replay(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("event_id")?;
    let replayed = call.webhooks().replay_event(&caller, &id).await?;
    Ok(answer::accepted(EventWithPassedOverView::from(&replayed)))
}
