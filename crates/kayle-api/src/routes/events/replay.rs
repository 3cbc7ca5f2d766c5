//! `POST /v1/webhooks/events/{event_id}/replay` (contract 3.5, V3).

use actix_web::{HttpResponse, Route};

use crate::error::ApiError;
use crate::extract::Call;
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::EventView;
use kayle_app::access::Caller;

const OPERATION: Operation = Operation {
    verb: Verb::Post,
    area: Area::Webhooks,
    answers: Answers::One,
    docs: "webhooks/events#replay",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, replay)
}

async fn replay(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("event_id")?;
    let replayed = call.webhooks().replay_event(&caller, &id).await?;
    Ok(answer::accepted(EventView::from(&replayed)))
}
