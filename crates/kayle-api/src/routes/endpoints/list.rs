//! `GET /v1/webhooks/endpoints` (contract 3.2, E2).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;

use crate::error::{ApiError, ErrorCode};
use crate::extract::Call;
use crate::openapi::parameters;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::EndpointView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Get,
    path: "/v1/webhooks/endpoints",
    audience: Audience::Customers,
    id: "listEndpoints",
    tag: Tag::Endpoints,
    summary: "List endpoints",
    text: "The newest comes first.",
    query: &[
        parameters::enabled,
        parameters::limit,
        parameters::starting_after,
    ],
    body: Body::None,
    answer: Answer::list::<EndpointView>(),
    errors: &[ErrorCode::InvalidRequest],
    docs: "errors",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        list(caller, call).boxed_local()
    }),
};

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
