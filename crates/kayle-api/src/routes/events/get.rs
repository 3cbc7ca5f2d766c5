//! `GET /v1/webhooks/events/{event_id}` (contract 3.5, V2).

use actix_web::{HttpResponse, Route};

use crate::error::ApiError;
use crate::extract::Call;
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::EventView;
use kayle_app::access::Caller;

const OPERATION: Operation = Operation {
    verb: Verb::Get,
    area: Area::Webhooks,
    answers: Answers::One,
    docs: "webhooks/events#get-by-id",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, get)
}

async fn get(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("event_id")?;
    let found = call
        .webhooks()
        .get_event(caller.organization_id, &id)
        .await?
        .ok_or_else(|| ApiError::not_found("event"))?;
    Ok(answer::ok(EventView::from(&found)))
}
