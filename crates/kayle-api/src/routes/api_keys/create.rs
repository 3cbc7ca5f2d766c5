//! `POST /v1/auth/api-keys` (contract 3.7).

use actix_web::{HttpResponse, Route};
use kayle_app::api_keys::NewApiKey;
use serde_json::{Map, Value};

use super::members;

use crate::error::ApiError;
use crate::extract::{Call, required};
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::CreatedApiKeyView;
use kayle_app::access::Caller;

const OPERATION: Operation = Operation {
    verb: Verb::Post,
    area: Area::Administration("create API keys"),
    answers: Answers::One,
    docs: "errors",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, create)
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
