//! What a verifier reports about a session.

use serde_json::{Value, json};

/// Where attempts of a session are reported.
pub(crate) fn attempts_path(session_id: &str) -> String {
    format!("/internal/v1/sessions/{session_id}/attempts")
}

/// A report of success with the one claim that every session asks for.
pub(crate) fn success() -> Value {
    success_with(&json!({ "kayle_document_id": "kdoc_1" }))
}

/// A report of success with these claims.
pub(crate) fn success_with(claims: &Value) -> Value {
    let claims = claims.as_object().expect("claims are an object");
    json!({
        "outcome": "succeeded",
        "claims": claims,
        "selected_field_keys": claims.keys().collect::<Vec<_>>(),
    })
}

/// A report of a failed attempt.
pub(crate) fn failure(failure_code: &str) -> Value {
    json!({ "outcome": "failed", "failure_code": failure_code })
}

/// The same report with an idempotency key: the number as an ordered id (contract 2.1).
pub(crate) fn numbered(mut report: Value, number: usize) -> Value {
    report["attempt_id"] = json!(format!("va_{number:026}"));
    report
}
