//! `POST /v1/sessions/{session_id}/cancel` (contract 3.8, S4).

use actix_web::{HttpResponse, Route};

use crate::error::ApiError;
use crate::extract::Call;
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use kayle_app::access::Caller;

const OPERATION: Operation = Operation {
    verb: Verb::Post,
    area: Area::SessionEnd,
    answers: Answers::One,
    docs: "sessions#cancel-by-id",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, cancel)
}

async fn cancel(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.session_id()?;
    call.webhooks().cancel_session(&caller, &id).await?;
    Ok(answer::no_content())
}
