//! `POST /v1/webhooks/keys/{key_id}/deactivate` (contract 3.3, K3).

use actix_web::{HttpResponse, Route};

use crate::error::ApiError;
use crate::extract::Call;
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::EncryptionKeyView;
use kayle_app::access::Caller;

const OPERATION: Operation = Operation {
    verb: Verb::Post,
    area: Area::Webhooks,
    answers: Answers::One,
    docs: "webhooks/keys#deactivate",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, deactivate)
}

async fn deactivate(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("key_id")?;
    let webhooks = call.webhooks();
    let key = webhooks.deactivate_encryption_key(&caller, &id).await?;
    Ok(answer::ok(EncryptionKeyView::from(&key)))
}
