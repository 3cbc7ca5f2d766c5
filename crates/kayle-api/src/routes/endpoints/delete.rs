//! `DELETE /v1/webhooks/endpoints/{endpoint_id}` (contract 3.2, E5; D5).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;

use crate::error::{ApiError, ErrorCode};
use crate::extract::Call;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::DoneView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Delete,
    path: "/v1/webhooks/endpoints/{endpoint_id}",
    audience: Audience::Customers,
    id: "deleteEndpoint",
    tag: Tag::Endpoints,
    summary: "Delete an endpoint",
    text: "For good: its signing secret, its encryption keys and the payloads of its deliveries \
           are erased. The deliveries stay listed.",
    query: &[],
    body: Body::None,
    answer: Answer::one::<DoneView>(),
    errors: &[ErrorCode::NotFound],
    docs: "webhooks/endpoints#delete",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        delete(caller, call).boxed_local()
    }),
};

async fn delete(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("endpoint_id")?;
    call.webhooks().delete_endpoint(&caller, &id).await?;
    Ok(answer::ok(DoneView::new("endpoint deleted")))
}
