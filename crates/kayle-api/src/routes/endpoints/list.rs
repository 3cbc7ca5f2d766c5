//! `GET /v1/webhooks/endpoints` (contract 3.2, E2).

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
    answers: Answers::List,
    docs: "errors",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, list)
}

async fn list(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let query = call.query();
    let enabled = query.flag("enabled")?;
    let page = query.page()?;
    let found = call
        .webhooks()
        .list_endpoints(caller.organization_id, enabled, &page)
        .await?
        .ok_or_else(ApiError::unknown_cursor)?;
    Ok(answer::page(
        &found,
        page.limit,
        |endpoint| endpoint.id.as_str(),
        EndpointView::from,
    ))
}
