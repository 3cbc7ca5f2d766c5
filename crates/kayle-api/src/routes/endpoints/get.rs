//! `GET /v1/webhooks/endpoints/{endpoint_id}` (contract 3.2, E3).

use actix_web::{HttpResponse, Route};

use crate::error::ApiError;
use crate::extract::Call;
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::EndpointView;
use kayle_app::access::Caller;

const OPERATION: Operation = Operation {
    verb: Verb::Get,
    area: Area::Webhooks,
    answers: Answers::One,
    docs: "webhooks/endpoints#get-by-id",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, get)
}

async fn get(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("endpoint_id")?;
    let found = call
        .webhooks()
        .get_endpoint(caller.organization_id, &id)
        .await?
        .ok_or_else(|| ApiError::not_found("endpoint"))?;
    Ok(answer::ok(EndpointView::from(&found)))
}
