//! `GET /v1/webhooks/events` (contract 3.5, V1).

use std::str::FromStr;

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;
use kayle_app::ports::store::EventFilter;
use kayle_events::EventType;
use kayle_primitives::SessionId;

use crate::error::{ApiError, ErrorCode};
use crate::extract::Call;
use crate::openapi::parameters;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::EventView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Get,
    path: "/v1/webhooks/events",
    audience: Audience::Customers,
    id: "listEvents",
    tag: Tag::Events,
    summary: "List events",
    text: "The newest comes first.",
    query: &[
        parameters::event_type,
        parameters::created_from,
        parameters::created_to,
        parameters::session_of_events,
        parameters::test,
        parameters::limit,
        parameters::starting_after,
    ],
    body: Body::None,
    answer: Answer::list::<EventView>(),
    errors: &[ErrorCode::InvalidRequest],
    docs: "errors",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        list(caller, call).boxed_local()
    }),
};

/// The same under the path of older integrations (contract 3.6).
pub(in crate::routes) const V1_OPERATION: Operation = Operation {
    path: "/v1/events",
    id: "listV1Events",
    text: "The newest comes first. The path of older integrations.",
    ..OPERATION
};

async fn list(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let query = call.query();
    let filter = EventFilter {
        event_type: query.optional("type", EventType::from_str)?,
        created_from: query.timestamp("created_from")?,
        created_to: query.timestamp("created_to")?,
        session_id: query.optional("session_id", SessionId::parse_session)?,
        with_tests: query.flag("test")?.unwrap_or(false),
    };
    let page = query.page()?;
    let found = call
        .webhooks()
        .list_events(caller.organization_id, &filter, &page)
        .await?
        .ok_or_else(ApiError::unknown_cursor)?;
    Ok(answer::page(
        &found,
        page.limit,
        |found| found.event.id.as_str(),
        EventView::from,
    ))
}
