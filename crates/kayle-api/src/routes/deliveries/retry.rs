//! `POST /v1/webhooks/deliveries/{delivery_id}/retry` (contract 3.4, L2).

use actix_web::{HttpResponse, Route};

use crate::error::ApiError;
use crate::extract::Call;
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::DeliveryView;
use kayle_app::access::Caller;

const OPERATION: Operation = Operation {
    verb: Verb::Post,
    area: Area::Webhooks,
    answers: Answers::One,
    docs: "webhooks/deliveries#retry",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, retry)
}

async fn retry(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("delivery_id")?;
    let delivery = call.webhooks().retry_delivery(&caller, &id).await?;
    Ok(answer::ok(DeliveryView::new(
        &delivery,
        call.webhooks().now(),
    )))
}
