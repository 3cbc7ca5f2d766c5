//! `GET /v1/analytics/webhooks` (contract 14.3).

use std::str::FromStr;

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;
use kayle_app::activity::ActivityRequest;
use kayle_delivery::activity::ActivityRange;

use crate::error::{ApiError, ErrorCode};
use crate::extract::Call;
use crate::openapi::parameters;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::ActivityView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Get,
    path: "/v1/analytics/webhooks",
    audience: Audience::Customers,
    id: "getWebhookActivity",
    tag: Tag::Analytics,
    summary: "See what became of deliveries",
    text: "In equal parts of a span that ends with the part that is under way, and in all. The \
           latest ten seconds may not be counted yet.",
    query: &[parameters::range, parameters::endpoint_id_of_activity],
    body: Body::None,
    answer: Answer::one::<ActivityView>(),
    errors: &[ErrorCode::NotFound],
    docs: "errors",
    run: Run::Customer(Area::Analytics, |caller, call| {
        show(caller, call).boxed_local()
    }),
};

async fn show(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let query = call.query();
    let range = query.optional("range", ActivityRange::from_str)?;
    let request = ActivityRequest {
        range: range.unwrap_or_default(),
        endpoint_id: query.id("endpoint_id")?,
    };
    let report = call
        .webhooks()
        .show_activity(caller.organization_id, &request)
        .await?
        .ok_or_else(|| ApiError::not_found("endpoint"))?;
    Ok(answer::ok(ActivityView::from(&report)))
}
