//! `PATCH /v1/auth/api-keys/{api_key_id}` (contract 3.7).

use actix_web::{HttpResponse, Route};
use kayle_app::api_keys::ApiKeyChange;
use serde_json::{Map, Value};

use super::members;

use crate::error::ApiError;
use crate::extract::{Call, boolean, expect_one_of};
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::DoneView;
use kayle_app::access::Caller;

const OPERATION: Operation = Operation {
    verb: Verb::Patch,
    area: Area::Administration("update API keys"),
    answers: Answers::One,
    docs: "errors",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, update)
}

/// What can be replaced.
const MEMBERS: [&str; 4] = ["name", "enabled", "permissions", "metadata"];

async fn update(caller: Caller, mut call: Call) -> Result<HttpResponse, ApiError> {
    let id = call.api_key_id()?;
    let change = api_key_change(&call.json_object()?)?;
    let updated = call.webhooks().update_api_key(&caller, id, change).await;
    updated.map_err(ApiError::updating_api_key)?;
    Ok(answer::ok(DoneView::new("API key updated")))
}

fn api_key_change(body: &Map<String, Value>) -> Result<ApiKeyChange, ApiError> {
    expect_one_of(&MEMBERS, body)?;
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
