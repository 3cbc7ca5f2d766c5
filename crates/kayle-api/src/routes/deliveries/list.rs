//! `GET /v1/webhooks/deliveries` (contract 3.4, L1).

use std::str::FromStr;

use actix_web::{HttpResponse, Route};
use kayle_app::access::Caller;
use kayle_app::ports::store::DeliveryFilter;
use kayle_delivery::DeliveryStatus;

use crate::error::ApiError;
use crate::extract::Call;
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::DeliveryView;

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
    let filter = DeliveryFilter {
        status: query.optional("status", DeliveryStatus::from_str)?,
        endpoint_id: query.id("endpoint_id")?,
        event_id: query.id("event_id")?,
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
