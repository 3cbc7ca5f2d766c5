//! `PATCH /v1/auth/api-keys/{api_key_id}` (contract 3.7).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;
use kayle_app::api_keys::{ApiKeyChange, ApiKeyMember};
use serde_json::{Map, Value};
use strum::IntoEnumIterator;

use super::members;

use crate::error::{ApiError, ErrorCode};
use crate::extract::{Call, boolean, expect_one_of};
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::DoneView;
use crate::wire::form::{self, body};

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Patch,
    path: "/v1/auth/api-keys/{api_key_id}",
    audience: Audience::Customers,
    id: "updateApiKey",
    tag: Tag::ApiKeys,
    summary: "Change an API key",
    text: "Takes effect with the next request.",
    query: &[],
    body: Body::required::<ApiKeyChangeBody>(),
    answer: Answer::one::<DoneView>(),
    errors: &[ErrorCode::ApiKeyNotFound],
    docs: "errors",
    run: Run::Customer(Area::Administration("update API keys"), |caller, call| {
        update(caller, call).boxed_local()
    }),
};

body! {
    /// What can be replaced.
    ApiKeyChangeBody, "ApiKeyChange", form::at_least_one(members::forms().into_iter().chain([
        ("enabled", form::flag("Whether it is accepted.").into()),
    ]).collect())
}

async fn update(caller: Caller, mut call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.api_key_id()?;
    let change = api_key_change(&call.json_object()?)?;
    let updated = call.webhooks().update_api_key(&caller, id, change).await;
    updated.map_err(ApiError::updating_api_key)?;
    Ok(answer::ok(DoneView::new("API key updated")))
}

fn api_key_change(body: &Map<String, Value>) -> Result<ApiKeyChange, ApiError> {
    expect_one_of(ApiKeyMember::iter().map(ApiKeyMember::as_str), body)?;
    let enabled = body.get("enabled").map(|value| boolean("enabled", value));
    let scopes = body.get("permissions").map(members::scopes);
    let metadata = body.get("metadata").map(members::metadata);
    Ok(ApiKeyChange {
        name: body.get("name").map(members::name).transpose()?,
        enabled: enabled.transpose()?,
        scopes: scopes.transpose()?,
        metadata: metadata.transpose()?,
    })
}
