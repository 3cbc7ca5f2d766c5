//! `POST /v1/webhooks/keys/{key_id}/deactivate` (contract 3.3, K3).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;

use crate::error::{ApiError, ErrorCode};
use crate::extract::Call;
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::EncryptionKeyView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Post,
    path: "/v1/webhooks/keys/{key_id}/deactivate",
    audience: Audience::Customers,
    id: "deactivateEncryptionKey",
    tag: Tag::EncryptionKeys,
    summary: "Deactivate an encryption key",
    text: "Without an active key, events of the endpoint fail: they are never sent unencrypted. \
           Repeating is allowed.",
    query: &[],
    body: Body::None,
    answer: Answer::one::<EncryptionKeyView>(),
    errors: &[ErrorCode::NotFound],
    docs: "webhooks/keys#deactivate",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        deactivate(caller, call).boxed_local()
    }),
};

async fn deactivate(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("key_id")?;
    let webhooks = call.webhooks();
    let key = webhooks.deactivate_encryption_key(&caller, &id).await?;
    let overview = webhooks.overview_encryption_key(key).await?;
    Ok(answer::ok(EncryptionKeyView::from(&overview)))
}
