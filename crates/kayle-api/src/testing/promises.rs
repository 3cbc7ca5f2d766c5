//! Holds answers against the document. Every answer in the tests of this crate passes here.

use std::sync::LazyLock;

use actix_web::http::StatusCode;
use jsonschema::Validator;
use serde_json::{Value, json};

use crate::app::OPENAPI;

/// The document, as a reader has it.
pub(crate) static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(&OPENAPI.0).unwrap());

/// Checks that the document promised this answer; it says nothing of routes that it leaves out.
#[track_caller]
pub(crate) fn check(method: &str, path: &str, status: StatusCode, body: &Value) {
    let Some(operation) = operation(method, path) else {
        return;
    };
    let status = status.as_str();
    let asked = format!("{method} {path} answered {status} {body}");
    let response = resolved(&operation["responses"][status]);
    assert!(
        response.is_object(),
        "{asked}: the status is not in the document"
    );
    let schema = &response["content"]["application/json"]["schema"];
    if schema.is_null() {
        return;
    }
    let problems: Vec<String> = validator(schema)
        .iter_errors(body)
        .map(|error| format!("{} {error}", error.instance_path()))
        .collect();
    assert!(problems.is_empty(), "{asked}: {}", problems.join("; "));
}

/// Returns what a reference points to, and anything else as it is.
fn resolved(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(reference) => DOCUMENT.pointer(reference.trim_start_matches('#')).unwrap(),
        None => value,
    }
}

/// Creates a validator of a schema that refers to the document's others.
pub(crate) fn validator(schema: &Value) -> Validator {
    let mut schema = schema.clone();
    schema["components"] = DOCUMENT["components"].clone();
    jsonschema::options()
        .should_validate_formats(true)
        .build(&schema)
        .unwrap()
}

/// Finds the operation that a request is for.
fn operation(method: &str, path: &str) -> Option<&'static Value> {
    let path = path.split('?').next().unwrap_or_default();
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let (_, item) = paths.iter().find(|(pattern, _)| fits(pattern, path))?;
    item.get(method.to_lowercase())
}

fn fits(pattern: &str, path: &str) -> bool {
    let (patterns, segments) = (pattern.split('/'), path.split('/'));
    patterns.clone().count() == segments.clone().count()
        && patterns
            .zip(segments)
            .all(|(pattern, segment)| pattern == segment || is_parameter(pattern, segment))
}

fn is_parameter(pattern: &str, segment: &str) -> bool {
    pattern.starts_with('{') && !segment.is_empty()
}

#[test]
#[should_panic(expected = "is not in the document")]
fn a_status_that_was_not_promised_is_noticed() {
    check("GET", "/v1/sessions", StatusCode::IM_A_TEAPOT, &json!(null));
}

#[test]
#[should_panic(expected = "\"data\" is a required property")]
fn a_body_that_was_not_promised_is_noticed() {
    check("GET", "/v1/sessions?limit=5", StatusCode::OK, &json!({}));
}
