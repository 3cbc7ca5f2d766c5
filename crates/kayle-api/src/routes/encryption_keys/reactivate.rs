//! `POST /v1/webhooks/keys/{key_id}/reactivate` (contract 3.3, K4).

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
    path: "/v1/webhooks/keys/{key_id}/reactivate",
    audience: Audience::Customers,
    id: "reactivateEncryptionKey",
    tag: Tag::EncryptionKeys,
    summary: "Reactivate an encryption key",
    text: "The key takes the place of the active one, if there is one. Repeating is allowed.",
    query: &[],
    body: Body::None,
    answer: Answer::one::<EncryptionKeyView>(),
    errors: &[ErrorCode::NotFound],
    docs: "webhooks/keys#reactivate",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        reactivate(caller, call).boxed_local()
    }),
};

async fn reactivate(caller: Caller, call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("key_id")?;
    let webhooks = call.webhooks();
    let key = webhooks.reactivate_encryption_key(&caller, &id).await?;
    let overview = webhooks.overview_encryption_key(key).await?;
    Ok(answer::ok(EncryptionKeyView::from(&overview)))
}
