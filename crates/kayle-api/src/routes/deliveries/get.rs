//! `GET /v1/webhooks/deliveries/{delivery_id}`: the delivery with its attempts (contract D12).

use actix_web::{HttpResponse, Route};

use crate::error::ApiError;
use crate::extract::Call;
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::DeliveryWithAttemptsView;
use kayle_app::access::Caller;

const OPERATION: Operation = Operation {
    verb: Verb::Get,
    area: Area::Webhooks,
    answers: Answers::One,
    docs: "errors",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, get)
}

async fn get(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("delivery_id")?;
    let found = call
        .webhooks()
        .get_delivery(caller.organization_id, &id)
        .await?
        .ok_or_else(|| ApiError::not_found("delivery"))?;
    Ok(answer::ok(DeliveryWithAttemptsView::new(
        &found,
        call.webhooks().now(),
    )))
}
