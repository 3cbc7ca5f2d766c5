//! `GET /v1/webhooks/endpoints/{endpoint_id}/keys` (contract 3.3, K2).

use actix_web::{HttpResponse, Route};

use crate::error::ApiError;
use crate::extract::Call;
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::EncryptionKeyView;
use kayle_app::access::Caller;

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
    let endpoint_id = call.id("endpoint_id")?;
    let query = call.query();
    let is_active = query.flag("is_active")?;
    let page = query.page()?;
    let found = call
        .webhooks()
        .list_encryption_keys(caller.organization_id, &endpoint_id, is_active, &page)
        .await?;
    Ok(answer::page(
        &found,
        page.limit,
        |key| key.id.as_str(),
        EncryptionKeyView::from,
    ))
}
