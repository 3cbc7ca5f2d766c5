//! `GET /v1/webhooks/deliveries/{delivery_id}`: the delivery with its attempts (contract D12).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;

use crate::error::{ApiError, ErrorCode};
use crate::extract::Call;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::DeliveryWithAttemptsView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Get,
    path: "/v1/webhooks/deliveries/{delivery_id}",
    audience: Audience::Customers,
    id: "getDelivery",
    tag: Tag::Deliveries,
    summary: "Get a delivery with its attempts",
    text: "What was delivered is not shown. `explanation` says why the delivery is where it is.",
    query: &[],
    body: Body::None,
    answer: Answer::one::<DeliveryWithAttemptsView>(),
    errors: &[ErrorCode::NotFound],
    docs: "errors",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        get(caller, call).boxed_local()
    }),
};

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
