//! `POST /v1/webhooks/keys/{key_id}/reactivate` (contract 3.3, K4).

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
    docs: "webhooks/keys#reactivate",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, reactivate)
}

async fn reactivate(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("key_id")?;
    let webhooks = call.webhooks();
    let key = webhooks.reactivate_encryption_key(&caller, &id).await?;
    Ok(answer::ok(EncryptionKeyView::from(&key)))
}
