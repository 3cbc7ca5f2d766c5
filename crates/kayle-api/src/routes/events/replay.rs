//! `POST /v1/webhooks/events/{event_id}/replay` (contract 3.5, V3).

use actix_web::{HttpResponse, Route};

use crate::auth::Customer;
use crate::error::ApiError;
use crate::extract::Call;
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::EventView;

const OPERATION: Operation = Operation {
    verb: Verb::Post,
    area: Area::Webhooks,
    answers: Answers::One,
    docs: "webhooks/events#replay",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, replay)
}

async fn replay(customer: Customer, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("event_id")?;
    let replayed = call
        .webhooks()
        .replay_event(customer.organization_id, &id)
        .await?;
    Ok(answer::accepted(EventView::from(&replayed)))
}
