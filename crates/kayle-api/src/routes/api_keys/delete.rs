//! `DELETE /v1/auth/api-keys/{api_key_id}` (contract 3.7).

use actix_web::{HttpResponse, Route};

use crate::error::ApiError;
use crate::extract::Call;
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::DoneView;
use kayle_app::access::Caller;

const OPERATION: Operation = Operation {
    verb: Verb::Delete,
    area: Area::Administration("delete API keys"),
    answers: Answers::One,
    docs: "errors",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, delete)
}

async fn delete(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.api_key_id()?;
    let deleted = call.webhooks().delete_api_key(&caller, id).await;
    deleted.map_err(ApiError::deleting_api_key)?;
    Ok(answer::ok(DoneView::new("API key deleted")))
}
