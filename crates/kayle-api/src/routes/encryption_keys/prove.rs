//! `POST /v1/webhooks/keys/{key_id}/prove` (contract 14.12).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;
use serde_json::json;
use utoipa::openapi::schema::ObjectBuilder;

use crate::error::{ApiError, ErrorCode};
use crate::extract::{Call, required, text};
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::EncryptionKeyView;
use crate::wire::form::{self, body};

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Post,
    path: "/v1/webhooks/keys/{key_id}/prove",
    audience: Audience::Customers,
    id: "proveEncryptionKey",
    tag: Tag::EncryptionKeys,
    summary: "Prove an encryption key",
    text: "Takes the decrypted nonce of the key's challenge, which is used up by it, right or \
           wrong. A key that is proven stays so.",
    query: &[],
    body: Body::required::<KeyNonceBody>(),
    answer: Answer::one::<EncryptionKeyView>(),
    errors: &[
        ErrorCode::NotFound,
        ErrorCode::Conflict,
        ErrorCode::InvalidRequest,
    ],
    docs: "webhooks/keys#prove",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        prove(caller, call).boxed_local()
    }),
};

body! {
    /// What was decrypted.
    KeyNonceBody, "KeyNonce", key_nonce()
}

fn key_nonce() -> ObjectBuilder {
    let nonce = form::text("The plaintext of the challenge.");
    form::open(&["nonce"], [("nonce", nonce.into())]).examples([json!({
        "nonce": "o1dq0v3m8c6tq0n2b7k5x9z4w1r8u6y3e0a7s5d2f9g4h1j8k6",
    })])
}

async fn prove(caller: Caller, mut call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.id("key_id")?;
    let body = call.json_object()?;
    let nonce = text("nonce", required(&body, "nonce")?)?;
    let webhooks = call.webhooks();
    let key = webhooks.prove_encryption_key(&caller, &id, nonce).await?;
    let overview = webhooks.overview_encryption_key(key).await?;
    Ok(answer::ok(EncryptionKeyView::from(&overview)))
}
