//! `POST /v1/webhooks/endpoints/{endpoint_id}/keys` (contract 3.3, K1).

use actix_web::{HttpResponse, Route};
use kayle_app::encryption_keys::NewEncryptionKey;
use kayle_endpoints::encryption_key::{ALGORITHM, KEY_TYPE};
use kayle_endpoints::{KeyId, PublicJwk};
use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::extract::{Call, object, required, text};
use crate::routes::answer;
use crate::routes::operation::{Answers, Area, Operation, Verb, customer_route};
use crate::views::EncryptionKeyView;
use kayle_app::access::Caller;

const OPERATION: Operation = Operation {
    verb: Verb::Post,
    area: Area::Webhooks,
    answers: Answers::One,
    docs: "webhooks/keys#create",
};

pub(in crate::routes) fn route() -> Route {
    customer_route(&OPERATION, register)
}

async fn register(caller: Caller, mut call: Call) -> Result<HttpResponse, ApiError> {
    let endpoint_id = call.id("endpoint_id")?;
    let new = new_key(&call.json_object()?)?;
    let key = call
        .webhooks()
        .register_encryption_key(&caller, &endpoint_id, new)
        .await?;
    Ok(answer::ok(EncryptionKeyView::from(&key)))
}

/// Checks the shape only: whether the JWK is a usable key is told after whether the endpoint
/// exists.
fn new_key(body: &Map<String, Value>) -> Result<NewEncryptionKey, ApiError> {
    let key_id = KeyId::parse(text("key_id", required(body, "key_id")?)?)
        .map_err(|error| ApiError::bad_request(format!("key_id {error}")))?;
    require_exactly(body, "algorithm", ALGORITHM)?;
    require_exactly(body, "key_type", KEY_TYPE)?;
    let jwk = object("jwk", required(body, "jwk")?)?;
    PublicJwk::check_shape(jwk)?;
    Ok(NewEncryptionKey {
        key_id,
        jwk: jwk.clone(),
    })
}

fn require_exactly(body: &Map<String, Value>, name: &str, only: &str) -> Result<(), ApiError> {
    if required(body, name)? == only {
        Ok(())
    } else {
        Err(ApiError::bad_request(format!("{name} must be {only}")))
    }
}
