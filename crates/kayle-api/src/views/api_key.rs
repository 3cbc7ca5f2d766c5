//! The API key without its plaintext (contract 2.9), and the one answer that shows it (3.7). These
//! members alone are in camel case: the dashboard's older half is.

use std::collections::BTreeMap;

use kayle_app::access::{ApiKey, MetadataValue, Scope};
use kayle_app::api_keys::CreatedApiKey;
use serde::Serialize;
use serde_json::Value;

use super::time;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiKeyView {
    id: String,
    name: String,
    enabled: bool,
    permissions: Vec<&'static str>,
    metadata: BTreeMap<String, Value>,
    created_at: String,
    updated_at: String,
    request_count: u64,
}

#[derive(Serialize)]
pub(crate) struct CreatedApiKeyView<'a> {
    id: String,
    key: &'a str,
}

impl From<&ApiKey> for ApiKeyView {
    fn from(key: &ApiKey) -> Self {
        let metadata = key.metadata.values().iter();
        Self {
            id: key.id.to_string(),
            name: key.name.as_str().to_owned(),
            enabled: key.enabled,
            permissions: key.scopes.iter().copied().map(Scope::as_str).collect(),
            metadata: metadata
                .map(|(name, value)| (name.clone(), json(value)))
                .collect(),
            created_at: time(key.created_at),
            updated_at: time(key.updated_at),
            request_count: key.request_count,
        }
    }
}

impl<'a> From<&'a CreatedApiKey> for CreatedApiKeyView<'a> {
    fn from(created: &'a CreatedApiKey) -> Self {
        Self {
            id: created.key.id.to_string(),
            key: created.plaintext.expose(),
        }
    }
}

fn json(value: &MetadataValue) -> Value {
    match value {
        MetadataValue::Text(text) => Value::String(text.clone()),
        MetadataValue::Number(number) => Value::Number(number.clone()),
        MetadataValue::Boolean(boolean) => Value::Bool(*boolean),
    }
}
