//! `GET /v1/webhooks/endpoints/{endpoint_id}` (contract 3.2, E3).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;

use crate::error::{ApiError, ErrorCode};
use crate::extract::Call;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::EndpointView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Get,
    path: "/v1/webhooks/endpoints/{endpoint_id}",
    audience: Audience::Customers,
    id: "getEndpoint",
    tag: Tag::Endpoints,
    summary: "Get an endpoint",
    text: "The signing secret is not shown.",
    query: &[],
    body: Body::None,
    answer: Answer::one::<EndpointView>(),
    errors: &[ErrorCode::NotFound],
    docs: "webhooks/endpoints#get-by-id",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        get(caller, call).boxed_local()
    }),
};

async fn get(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("endpoint_id")?;
    let found = call
        .webhooks()
        .get_endpoint(caller.organization_id, &id)
        .await?
        .ok_or_else(|| ApiError::not_found("endpoint"))?;
    Ok(answer::ok(EndpointView::from(&found)))
}
