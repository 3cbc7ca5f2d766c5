//! `POST /v1/webhooks/deliveries/{delivery_id}/retry` (contract 3.4, L2).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;

use crate::error::{ApiError, ErrorCode};
use crate::extract::Call;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::DeliveryView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Post,
    path: "/v1/webhooks/deliveries/{delivery_id}/retry",
    audience: Audience::Customers,
    id: "retryDelivery",
    tag: Tag::Deliveries,
    summary: "Retry a delivery",
    text: "Sends the same bytes again, freshly signed, at once and on a full retry schedule. It \
           needs the payload: one that was delivered or has expired is gone.",
    query: &[],
    body: Body::None,
    answer: Answer::one::<DeliveryView>(),
    errors: &[
        ErrorCode::NotFound,
        ErrorCode::Conflict,
        ErrorCode::WebhookPayloadExpired,
    ],
    docs: "webhooks/deliveries#retry",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        retry(caller, call).boxed_local()
    }),
};

async fn retry(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("delivery_id")?;
    let delivery = call.webhooks().retry_delivery(&caller, &id).await?;
    Ok(answer::ok(DeliveryView::new(
        &delivery,
        call.webhooks().now(),
    )))
}
