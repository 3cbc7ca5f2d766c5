//! `GET /v1/auth/api-keys` (contract 3.7).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;
use kayle_primitives::PageRequest;

use crate::error::ApiError;
use crate::extract::{Call, api_key_id};
use crate::openapi::parameters;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::ApiKeyView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Get,
    path: "/v1/auth/api-keys",
    audience: Audience::Customers,
    id: "listApiKeys",
    tag: Tag::ApiKeys,
    summary: "List API keys",
    text: "In the order of their ids, without the keys themselves.",
    query: &[parameters::limit, parameters::starting_after_api_key],
    body: Body::None,
    answer: Answer::list::<ApiKeyView>(),
    errors: &[],
    docs: "errors",
    run: Run::Customer(Area::Administration("list API keys"), |caller, call| {
        list(caller, call).boxed_local()
    }),
};

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
