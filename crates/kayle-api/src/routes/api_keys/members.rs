//! The members that describe an API key in a body (contract 2.9, 3.7).

use std::collections::BTreeMap;
use std::str::FromStr;

use kayle_app::access::{ApiKeyMetadata, ApiKeyName, MetadataValue, Scope};
use serde_json::{Value, json};

use crate::error::ApiError;
use crate::extract::{echoed_name, list, object, text};
use crate::wire::Wire;
use crate::wire::form::{self, Member};

pub(super) fn name(value: &Value) -> Result<ApiKeyName, ApiError> {
    ApiKeyName::parse(text("name", value)?).map_err(|error| ApiError::field("name", error))
}

/// Reads at least one scope; one that repeats is kept once.
pub(super) fn scopes(value: &Value) -> Result<Vec<Scope>, ApiError> {
    let mut scopes = Vec::new();
    for (position, entry) in list("permissions", value)?.iter().enumerate() {
        let field = format!("permissions[{position}]");
        let scope = Scope::from_str(text(&field, entry)?)
            .map_err(|error| ApiError::field(&field, error))?;
        if !scopes.contains(&scope) {
            scopes.push(scope);
        }
    }
    if scopes.is_empty() {
        return Err(ApiError::bad_request("permissions must have an entry"));
    }
    Ok(scopes)
}

pub(super) fn metadata(value: &Value) -> Result<ApiKeyMetadata, ApiError> {
    let values = object("metadata", value)?
        .iter()
        .map(|(key, value)| Ok((key.clone(), metadata_value(key, value)?)))
        .collect::<Result<BTreeMap<_, _>, ApiError>>()?;
    ApiKeyMetadata::new(values).map_err(|error| ApiError::field("metadata", error))
}

fn metadata_value(key: &str, value: &Value) -> Result<MetadataValue, ApiError> {
    let field = || format!("metadata.{}", echoed_name(key));
    match value {
        Value::String(_) => Ok(MetadataValue::Text(text(&field(), value)?.to_owned())),
        Value::Number(number) => Ok(MetadataValue::Number(number.clone())),
        Value::Bool(boolean) => Ok(MetadataValue::Boolean(*boolean)),
        Value::Null | Value::Array(_) | Value::Object(_) => Err(ApiError::bad_request(format!(
            "{} must be a string, a number or a boolean",
            field()
        ))),
    }
}

/// Returns the forms of these members.
pub(super) fn forms() -> [Member; 3] {
    let permissions = form::list(
        Scope::form(),
        "What it may do. A write scope includes its read scope.",
    );
    [
        ("name", ApiKeyName::form().into()),
        ("permissions", permissions.min_items(Some(1)).into()),
        (
            "metadata",
            form::with_default(ApiKeyMetadata::form(), json!({})).into(),
        ),
    ]
}
