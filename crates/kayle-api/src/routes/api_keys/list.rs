//! `GET /v1/auth/api-keys` (contract 3.7).

use actix_web::{HttpResponse, Route};
use kayle_primitives::PageRequest;

use crate::error::ApiError;
use crate::extract::{Call, api_key_id};
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::ApiKeyView;
use kayle_app::access::Caller;

const OPERATION: Operation = Operation {
    verb: Verb::Get,
    area: Area::Administration("list API keys"),
    answers: Answers::List,
    docs: "errors",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, list)
}

async fn list(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let query = call.query();
    let page = PageRequest {
        limit: query.limit()?,
        starting_after: query.optional("starting_after", api_key_id)?,
    };
    let found = call
        .webhooks()
        .list_api_keys(caller.organization_id, &page)
        .await?;
    Ok(answer::page(
        &found,
        page.limit,
        |key| key.id,
        ApiKeyView::from,
    ))
}
