//! `GET /v1/webhooks/events` (contract 3.5, V1).

use std::str::FromStr;

use actix_web::{HttpResponse, Route};
use kayle_app::access::Caller;
use kayle_app::ports::store::EventFilter;
use kayle_events::EventType;

use crate::error::ApiError;
use crate::extract::Call;
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::EventView;

const OPERATION: Operation = Operation {
    verb: Verb::Get,
    area: Area::Webhooks,
    answers: Answers::List,
    docs: "errors",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, list)
}

async fn list(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let query = call.query();
    let filter = EventFilter {
        event_type: query.optional("type", EventType::from_str)?,
        created_from: query.timestamp("created_from")?,
        created_to: query.timestamp("created_to")?,
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
