//! One case of `receivers/vectors.json`: how it is opened, and how its outcome is shown.

use std::collections::BTreeMap;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use kayle_receiver::{
    ClaimValue, Claims, Event, LabelledKey, Metadata, Options, PrivateKey, Receiver, Secrets,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// Texts of keys by name.
pub(crate) type Keys = BTreeMap<String, String>;

#[derive(Deserialize)]
pub(crate) struct Case {
    options: CaseOptions,
    headers: Vec<(String, String)>,
    body_base64: String,
}

#[derive(Deserialize)]
struct CaseOptions {
    secrets: Vec<String>,
    keys: Vec<NamedKey>,
    now_s: i64,
    tolerance_s: Option<u32>,
    body_bytes_max: Option<usize>,
}

#[derive(Deserialize)]
struct NamedKey {
    kid: Option<String>,
    key: String,
}

impl Case {
    pub(crate) fn body(&self) -> Vec<u8> {
        let body = STANDARD.decode(&self.body_base64);
        body.expect("bodies are in base64")
    }
}

/// Opens a case and shows what came of it, as every library's runner does.
pub(crate) fn outcome(case: &Case, keys: &Keys) -> Value {
    match open(case, keys) {
        Ok(event) => json!({ "event": view(&event) }),
        Err(printed) => json!({ "error": printed.split(' ').next() }),
    }
}

/// Opens a case; an error is its code, and all that it would print.
pub(crate) fn open(case: &Case, keys: &Keys) -> Result<Event, String> {
    let private_keys = case.options.keys.iter().map(|named| {
        // A key without a name is its own text.
        let text = keys.get(&named.key).unwrap_or(&named.key);
        let key = PrivateKey::parse(text);
        let key = key.map_err(|error| format!("{} {error} {error:?}", error.code()))?;
        let key_id = named.kid.clone();
        Ok(LabelledKey { key_id, key })
    });
    let private_keys = private_keys.collect::<Result<_, String>>()?;
    let mut options = Options::new(Secrets::fixed(case.options.secrets.clone()), private_keys);
    if let Some(tolerance_s) = case.options.tolerance_s {
        options.tolerance_s = tolerance_s;
    }
    if let Some(bytes) = case.options.body_bytes_max {
        options.body_bytes_max = bytes;
    }
    let receiver = Receiver::new(options);
    let receiver = receiver.map_err(|error| format!("{} {error} {error:?}", error.code()))?;
    let now_s = case.options.now_s;
    let opened = receiver.unwrap_at(case.headers.as_slice(), &case.body(), now_s);
    opened
        .map(|received| received.event)
        .map_err(|error| format!("{} {error} {error:?}", error.code()))
}

/// Shows an event as every library's runner does.
fn view(event: &Event) -> Value {
    let mut view = match event {
        Event::Test(test) => {
            return json!({
                "variant": "test",
                "event_id": test.event_id,
                "proof": test.proof(),
                "sample": view(&test.sample),
            });
        }
        Event::Unknown(unknown) => {
            return json!({
                "variant": "unknown",
                "type": unknown.name,
                "event_id": unknown.event_id,
                "verification_session_id": unknown.verification_session_id,
            });
        }
        Event::SessionSucceeded(event) => {
            with_claims(&event.metadata, &event.claims, &event.selected_field_keys)
        }
        Event::AttemptSucceeded(event) => {
            with_claims(&event.metadata, &event.claims, &event.selected_field_keys)
        }
        Event::SessionFailed(event) => merged(
            &event.metadata,
            json!({
                "failure_code": event.failure_code,
                "nfc_tries_used": event.nfc_tries_used,
                "liveness_tries_used": event.liveness_tries_used,
            }),
        ),
        Event::SessionCancelled(event) => merged(
            &event.metadata,
            json!({
                "outcome": event.outcome,
                "reason": event.reason,
                "nfc_tries_used": event.nfc_tries_used,
                "liveness_tries_used": event.liveness_tries_used,
            }),
        ),
        Event::AttemptFailed(event) => merged(
            &event.metadata,
            json!({ "failure_code": event.failure_code }),
        ),
        Event::SessionExpired(event) => merged(&event.metadata, json!({})),
        other => panic!("the runner does not know {other:?}"),
    };
    view["variant"] = json!(event.event_type());
    view["type"] = json!(event.event_type());
    view
}

fn with_claims(metadata: &Metadata, claims: &Claims, selected: &[String]) -> Value {
    let claims = claims.expose().iter();
    let claims: serde_json::Map<String, Value> = claims
        .map(|(key, value)| (key.clone(), shown(value)))
        .collect();
    merged(
        metadata,
        json!({ "claims": claims, "selected_field_keys": selected }),
    )
}

fn shown(value: &ClaimValue) -> Value {
    match value {
        ClaimValue::Null => Value::Null,
        ClaimValue::Boolean(value) => json!(value),
        ClaimValue::Text(text) if text.chars().count() > 200 => {
            json!(format!(
                "sha256:{}",
                hex::encode(digest(&SHA256, text.as_bytes()))
            ))
        }
        ClaimValue::Text(text) => json!(text.as_str()),
    }
}

fn merged(metadata: &Metadata, mut data: Value) -> Value {
    data["event_id"] = json!(metadata.event_id);
    data["verification_session_id"] = json!(metadata.verification_session_id);
    data["contract_version"] = json!(metadata.contract_version);
    if let Some(attempt_id) = &metadata.verification_attempt_id {
        data["verification_attempt_id"] = json!(attempt_id);
    }
    data
}
