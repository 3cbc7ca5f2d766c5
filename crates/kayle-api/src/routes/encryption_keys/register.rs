//! `POST /v1/webhooks/endpoints/{endpoint_id}/keys` (contract 3.3, K1; 14.12).

use actix_web::HttpResponse;
use futures_util::FutureExt;
use kayle_app::access::Caller;
use kayle_app::encryption_keys::{EncryptionKeyOverview, NewEncryptionKey};
use kayle_endpoints::encryption_key::{ALGORITHM, KEY_TYPE};
use kayle_endpoints::{KeyId, KeyTextError, jwk, key_text};
use serde_json::{Map, Value, json};
use utoipa::openapi::schema::ObjectBuilder;

use crate::error::{ApiError, ErrorCode};
use crate::extract::{Call, boolean, object, required, text};
use crate::operation::{Answer, Area, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::EncryptionKeyView;
use crate::wire::form::{self, body};
use crate::wire::{Algorithm, KeyType, Wire};

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Post,
    path: "/v1/webhooks/endpoints/{endpoint_id}/keys",
    audience: Audience::Customers,
    id: "registerEncryptionKey",
    tag: Tag::EncryptionKeys,
    summary: "Register an encryption key",
    text: "Give the public key as `jwk` or as `pem`. Later events are encrypted with it instead \
           of the active one, if there was one, unless `activate` is false. What is encrypted \
           already stays as it is.",
    query: &[],
    body: Body::required::<NewEncryptionKeyBody>(),
    answer: Answer::one::<EncryptionKeyView>(),
    errors: &[ErrorCode::NotFound],
    docs: "webhooks/keys#create",
    run: Run::Customer(Area::Webhooks, |caller, call| {
        register(caller, call).boxed_local()
    }),
};

body! {
    /// What describes a new key.
    NewEncryptionKeyBody, "NewEncryptionKey", new_encryption_key(), with super::jwk::NewJwk
}

fn new_encryption_key() -> ObjectBuilder {
    form::open(
        &["key_id", "algorithm", "key_type"],
        [
            ("key_id", KeyId::form().into()),
            ("algorithm", Algorithm::form().into()),
            ("key_type", KeyType::form().into()),
            ("jwk", form::named("NewJwk")),
            ("pem", form::text(PEM).into()),
            ("activate", form::flag(ACTIVATE).into()),
        ],
    )
    .examples([json!({
        "key_id": "production-1",
        "algorithm": ALGORITHM,
        "key_type": KEY_TYPE,
        "jwk": { "kty": KEY_TYPE, "n": EXAMPLE_MODULUS, "e": "AQAB" },
    })])
}

const PEM: &str = "Instead of `jwk`: one block `BEGIN PUBLIC KEY` of an RSA key, as `openssl pkey \
                   -pubout` writes it.";

const ACTIVATE: &str = "Whether it becomes the active key; true if left out.";

/// The modulus of a key that nobody has the other half of.
const EXAMPLE_MODULUS: &str = "\
62D2Wq6c2UGiznpfwWyOzMNV7Tumb3uj3mC17wIoeixCOzaFBKGag0wSIrFP_Vf6EnFnu4O5oUTk9tfi\
wOouBvlW8Wf7bL27OGkl0p5lYCBOq1VhW0IgarP0CebJ1ghx4FXz4cGLOLmSHON3D78xr74oGb3I07H-\
jwYR7m5dJbrKcdE26-kV_dbP5S8P6YjJZapq49N5vRkc5OzwZeHrxjaq2dYLSHNHwZk98868VnHhigwE\
CoIfinSXP1MEwaYg7hs2g81PEgFa5wT7MPqBRVgBS8rnn5gT3BD0zBEcAHpPh_XLyT2ARROevDcGwf-y\
D6rQ_p7_kMooMzNqe7ZdEQ";

async fn register(caller: Caller, mut call: Call) -> Result<HttpResponse, ApiError> {
    let endpoint_id = call.id("endpoint_id")?;
    let new = new_key(&call.json_object()?)?;
    let key = call
        .webhooks()
        .register_encryption_key(&caller, &endpoint_id, new)
        .await?;
    let overview = EncryptionKeyOverview::unused(key);
    Ok(answer::ok(EncryptionKeyView::from(&overview)))
}

/// Checks the shape only: whether the JWK is a usable key is told after whether the endpoint
/// exists.
fn new_key(body: &Map<String, Value>) -> Result<NewEncryptionKey, ApiError> {
    let key_id = KeyId::parse(text("key_id", required(body, "key_id")?)?)
        .map_err(|error| ApiError::field("key_id", error))?;
    require_exactly(body, "algorithm", ALGORITHM)?;
    require_exactly(body, "key_type", KEY_TYPE)?;
    let activate = body
        .get("activate")
        .map(|value| boolean("activate", value))
        .transpose()?;
    Ok(NewEncryptionKey {
        key_id,
        jwk: public_key(body)?,
        activate: activate.unwrap_or(true),
    })
}

/// Takes the one key that a body has. That a private one was sent is said before anything else.
fn public_key(body: &Map<String, Value>) -> Result<Map<String, Value>, ApiError> {
    for member in ["jwk", "pem"] {
        if body.get(member).is_some_and(key_text::is_private) {
            return Err(ApiError::key_text(member, KeyTextError::Private));
        }
    }
    match (body.get("jwk"), body.get("pem")) {
        (Some(submitted), None) => {
            let submitted = object("jwk", submitted)?;
            jwk::check_shape(submitted)?;
            Ok(submitted.clone())
        }
        (None, Some(pem)) => {
            let read = key_text::read_pem(text("pem", pem)?);
            read.map_err(|error| ApiError::key_text("pem", error))
        }
        (Some(_), Some(_)) => Err(ApiError::bad_request("give either jwk or pem, not both")),
        (None, None) => Err(ApiError::bad_request("jwk or pem is required")),
    }
}

fn require_exactly(body: &Map<String, Value>, name: &str, only: &str) -> Result<(), ApiError> {
    if required(body, name)? == only {
        Ok(())
    } else {
        Err(ApiError::bad_request(format!("{name} must be {only}")))
    }
}
