//! `POST /v1/webhooks/endpoints/{endpoint_id}/keys` (contract 3.3, K1).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;
use kayle_app::encryption_keys::NewEncryptionKey;
use kayle_endpoints::encryption_key::{ALGORITHM, KEY_TYPE};
use kayle_endpoints::{KeyId, PublicJwk};
use serde_json::{Map, Value};

use crate::error::{ApiError, ErrorCode};
use crate::extract::{Call, object, required, text};
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::EncryptionKeyView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Post,
    path: "/v1/webhooks/endpoints/{endpoint_id}/keys",
    audience: Audience::Customers,
    id: "registerEncryptionKey",
    tag: Tag::EncryptionKeys,
    summary: "Register an encryption key",
    text: "Later events are encrypted with this key instead of the active one, if there was \
           one. What is encrypted already stays as it is.",
    query: &[],
    body: Body::Required("NewEncryptionKey"),
    answer: Answer::One("EncryptionKey"),
    errors: &[ErrorCode::NotFound],
    docs: "webhooks/keys#create",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        register(caller, call).boxed_local()
    }),
};

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
