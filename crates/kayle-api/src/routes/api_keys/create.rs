//! `POST /v1/auth/api-keys` (contract 3.7).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;
use kayle_app::api_keys::NewApiKey;
use serde_json::{Map, Value};

use super::members;

use crate::error::{ApiError, ErrorCode};
use crate::extract::{Call, required};
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::CreatedApiKeyView;
use crate::wire::form::{self, body};

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Post,
    path: "/v1/auth/api-keys",
    audience: Audience::Customers,
    id: "createApiKey",
    tag: Tag::ApiKeys,
    summary: "Create an API key",
    text: "The answer alone shows the key.",
    query: &[],
    body: Body::required::<NewApiKeyBody>(),
    answer: Answer::one::<CreatedApiKeyView<'_>>(),
    errors: &[ErrorCode::LimitReached],
    docs: "errors",
    run: Run::Customer(Area::Administration("create API keys"), |caller, call| {
        create(caller, call).boxed_local()
    }),
};

body! {
    /// What describes a new key.
    NewApiKeyBody, "NewApiKey", form::open(&["name", "permissions"], members::forms())
}

async fn create(caller: Caller, mut call: Call) -> Result<HttpResponse, ApiError> {
    let new = new_api_key(&call.json_object()?)?;
    let created = call.webhooks().create_api_key(&caller, new).await?;
    Ok(answer::ok(CreatedApiKeyView::from(&created)))
}

fn new_api_key(body: &Map<String, Value>) -> Result<NewApiKey, ApiError> {
    let metadata = body.get("metadata").map(members::metadata);
    Ok(NewApiKey {
        name: members::name(required(body, "name")?)?,
        scopes: members::scopes(required(body, "permissions")?)?,
        metadata: metadata.transpose()?.unwrap_or_default(),
    })
}
