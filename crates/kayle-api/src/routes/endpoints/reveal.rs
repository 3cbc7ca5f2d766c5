//! `POST /v1/webhooks/endpoints/{endpoint_id}/signing-secret/reveal` (contract 3.2, E6).

use actix_web::{HttpResponse, Route};

use crate::error::ApiError;
use crate::extract::Call;
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::SigningSecretView;
use kayle_app::access::Caller;

const OPERATION: Operation = Operation {
    verb: Verb::Post,
    area: Area::SigningSecret,
    answers: Answers::One,
    docs: "webhooks/endpoints#reveal-signing-secret",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, reveal)
}

async fn reveal(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("endpoint_id")?;
    let secret = call.webhooks().reveal_signing_secret(&caller, &id).await?;
    Ok(answer::ok(SigningSecretView::new(&id, &secret)))
}
