//! The members of a JSON body. `field` is always the whole way to the value, such as `labels[3]`,
//! and no refusal repeats a value.

use serde_json::{Map, Value};

use crate::error::ApiError;
use crate::limits::ECHOED_NAME_CHARS_MAX;

/// Returns a member that must be there.
pub(crate) fn required<'a>(
    members: &'a Map<String, Value>,
    name: &str,
) -> Result<&'a Value, ApiError> {
    members
        .get(name)
        .ok_or_else(|| ApiError::bad_request(format!("{name} is required")))
}

/// Refuses a change that gives none of the members that can be changed.
pub(crate) fn expect_one_of(
    names: impl Iterator<Item = &'static str>,
    members: &Map<String, Value>,
) -> Result<(), ApiError> {
    let names: Vec<&str> = names.collect();
    if names.iter().any(|name| members.contains_key(*name)) {
        return Ok(());
    }
    let names = names.join(", ");
    let error = ApiError::bad_request(format!("the body must have at least one of {names}"));
    Err(error.with_hint("Give at least one member to change."))
}

/// Reads a string. U+0000 is refused: PostgreSQL cannot store it.
pub(crate) fn text<'a>(field: &str, value: &'a Value) -> Result<&'a str, ApiError> {
    match value.as_str() {
        Some(text) if text.contains('\0') => Err(ApiError::bad_request(format!(
            "{field} must not contain the character U+0000"
        ))),
        Some(text) => Ok(text),
        None => Err(must_be(field, "a string")),
    }
}

/// Reads a boolean.
pub(crate) fn boolean(field: &str, value: &Value) -> Result<bool, ApiError> {
    value.as_bool().ok_or_else(|| must_be(field, "a boolean"))
}

/// Reads a list.
pub(crate) fn list<'a>(field: &str, value: &'a Value) -> Result<&'a [Value], ApiError> {
    let list = value.as_array().map(Vec::as_slice);
    list.ok_or_else(|| must_be(field, "an array"))
}

/// Reads an object.
pub(crate) fn object<'a>(
    field: &str,
    value: &'a Value,
) -> Result<&'a Map<String, Value>, ApiError> {
    value.as_object().ok_or_else(|| must_be(field, "an object"))
}

fn must_be(field: &str, expected: &str) -> ApiError {
    ApiError::bad_request(format!("{field} must be {expected}"))
}

/// Returns as much of a name that the caller made up as may be repeated in a message.
pub(crate) fn echoed_name(name: &str) -> String {
    name.chars()
        .filter(|character| !character.is_control())
        .take(ECHOED_NAME_CHARS_MAX)
        .collect()
}
