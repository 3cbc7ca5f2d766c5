//! `DELETE /v1/webhooks/endpoints/{endpoint_id}` (contract 3.2, E5; D5).

use actix_web::{HttpResponse, Route};

use crate::error::ApiError;
use crate::extract::Call;
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::DoneView;
use kayle_app::access::Caller;

const OPERATION: Operation = Operation {
    verb: Verb::Delete,
    area: Area::Webhooks,
    answers: Answers::One,
    docs: "webhooks/endpoints#delete",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, delete)
}

async fn delete(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("endpoint_id")?;
    call.webhooks().delete_endpoint(&caller, &id).await?;
    Ok(answer::ok(DoneView::new("endpoint deleted")))
}
