//! `GET /v1/sessions/{session_id}` (contract 3.8, S3).

use actix_web::{HttpResponse, Route};

use crate::error::ApiError;
use crate::extract::Call;
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::SessionView;
use kayle_app::access::Caller;

const OPERATION: Operation = Operation {
    verb: Verb::Get,
    area: Area::Sessions,
    answers: Answers::One,
    docs: "sessions#get-by-id",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, get)
}

async fn get(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.session_id()?;
    let found = call
        .webhooks()
        .get_session(caller.organization_id, &id)
        .await?
        .ok_or_else(|| ApiError::not_found("session"))?;
    Ok(answer::ok(SessionView::new(&found, &call.api.verify_url)))
}
