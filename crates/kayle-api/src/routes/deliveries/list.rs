//! `GET /v1/webhooks/deliveries` (contract 3.4, L1).

use std::str::FromStr;

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;
use kayle_app::ports::store::DeliveryFilter;
use kayle_delivery::DeliveryStatus;
use kayle_primitives::SessionId;

use crate::error::{ApiError, ErrorCode};
use crate::extract::Call;
use crate::openapi::parameters;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::DeliveryView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Get,
    path: "/v1/webhooks/deliveries",
    audience: Audience::Customers,
    id: "listDeliveries",
    tag: Tag::Deliveries,
    summary: "List deliveries",
    text: "The newest comes first. Filters combine; an id that does not exist gives an empty \
           list.",
    query: &[
        parameters::delivery_status,
        parameters::endpoint_id,
        parameters::event_id,
        parameters::session_of_deliveries,
        parameters::test,
        parameters::limit,
        parameters::starting_after,
    ],
    body: Body::None,
    answer: Answer::list::<DeliveryView>(),
    errors: &[ErrorCode::InvalidRequest],
    docs: "errors",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        list(caller, call).boxed_local()
    }),
};

async fn list(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let query = call.query();
    let filter = DeliveryFilter {
        status: query.optional("status", DeliveryStatus::from_str)?,
        endpoint_id: query.id("endpoint_id")?,
        event_id: query.id("event_id")?,
        session_id: query.optional("session_id", SessionId::parse_session)?,
        with_tests: query.flag("test")?.unwrap_or(false),
    };
    let page = query.page()?;
    let found = call
        .webhooks()
        .list_deliveries(caller.organization_id, &filter, &page)
        .await?
        .ok_or_else(ApiError::unknown_cursor)?;
    let now = call.webhooks().now();
    Ok(answer::page(
        &found,
        page.limit,
        |delivery| delivery.id.as_str(),
        |delivery| DeliveryView::new(delivery, now),
    ))
}
