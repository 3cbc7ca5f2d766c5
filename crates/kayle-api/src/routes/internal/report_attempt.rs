//! `POST /internal/v1/sessions/{session_id}/attempts` (contract 12).
//!
//! The body holds claims. Every text of them is wrapped to be wiped before anything can be
//! refused, and a refusal names a claim but never says its value.

use std::collections::BTreeSet;
use std::str::FromStr;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use futures_util::FutureExt;
use kayle_app::ports::meter::ReportAnswer;
use kayle_app::sessions::{AttemptReport, Reported};
use kayle_events::{ClaimKey, ClaimValue, Claims, FailureCode};
use kayle_primitives::AttemptId;
use kayle_sessions::ReportedOutcome;
use serde_json::{Map, Value};
use zeroize::Zeroizing;

use super::in_time;
use crate::error::{ApiError, ErrorCode};
use crate::extract::{Call, echoed_name, list, required, text};
use crate::operation::{Answer, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::views::ReportView;

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Post,
    path: "/internal/v1/sessions/{session_id}/attempts",
    audience: Audience::Undocumented,
    id: "reportAttempt",
    tag: Tag::Sessions,
    summary: "Report an attempt",
    text: "What a verification came to.",
    query: &[],
    body: Body::None,
    answer: Answer::one::<ReportView>(),
    errors: &[],
    docs: "errors",
    run: Run::Service(|call| report(call).boxed_local()),
};

async fn report(mut call: Call) -> Result<HttpResponse, ApiError> {
    let reported = report_once(&mut call).await;
    call.webhooks().meter().report_answered(match &reported {
        Ok(reported) if reported.is_repeated => ReportAnswer::Repeated,
        Ok(_) => ReportAnswer::Accepted,
        Err(error) => refusal(error.code()),
    });
    let view = ReportView::new(&reported?, &call.api.verify_url);
    Ok(answer::ok(view))
}

async fn report_once(call: &mut Call) -> Result<Reported, ApiError> {
    let id = call.session_id()?;
    let report = attempt_report(call.json_object()?)?;
    in_time(call.webhooks().report_attempt(&id, report)).await
}

/// Returns what a refusal with this code is counted as.
fn refusal(code: ErrorCode) -> ReportAnswer {
    match code.status() {
        _ if code == ErrorCode::SessionExpired => ReportAnswer::Expired,
        StatusCode::NOT_FOUND => ReportAnswer::NotFound,
        StatusCode::CONFLICT => ReportAnswer::Conflict,
        status if status.is_server_error() => ReportAnswer::Unavailable,
        _ => ReportAnswer::Refused,
    }
}

/// A claim as it was sent; `None` stands for a value that no claim can have.
type SentClaim = (String, Option<ClaimValue>);

fn attempt_report(mut body: Map<String, Value>) -> Result<AttemptReport, ApiError> {
    let claims = body.remove("claims").map(sent_claims);
    let outcome = match text("outcome", required(&body, "outcome")?)? {
        "succeeded" => {
            let claims = claims.ok_or_else(|| ApiError::bad_request("claims is required"))?;
            ReportedOutcome::Succeeded(selected_claims(claims?, &body)?)
        }
        "failed" => ReportedOutcome::Failed(failure_code(&body)?),
        _ => {
            return Err(ApiError::bad_request("outcome must be succeeded or failed"));
        }
    };
    Ok(AttemptReport {
        attempt_id: body.get("attempt_id").map(attempt_id).transpose()?,
        outcome,
    })
}

fn attempt_id(value: &Value) -> Result<AttemptId, ApiError> {
    AttemptId::parse_attempt(text("attempt_id", value)?)
        .map_err(|error| ApiError::field("attempt_id", error))
}

fn failure_code(body: &Map<String, Value>) -> Result<FailureCode, ApiError> {
    FailureCode::from_str(text("failure_code", required(body, "failure_code")?)?)
        .map_err(|error| ApiError::field("failure_code", error))
}

fn sent_claims(value: Value) -> Result<Vec<SentClaim>, ApiError> {
    let Value::Object(members) = value else {
        return Err(ApiError::bad_request("claims must be an object"));
    };
    let claims = members.into_iter();
    Ok(claims
        .map(|(key, value)| (key, claim_value(value)))
        .collect())
}

fn claim_value(value: Value) -> Option<ClaimValue> {
    match value {
        Value::String(text) => Some(ClaimValue::Text(Zeroizing::new(text))),
        Value::Bool(boolean) => Some(ClaimValue::Boolean(boolean)),
        Value::Null => Some(ClaimValue::Null),
        Value::Number(_) | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Accepts claims of the catalogue, if exactly these were selected.
fn selected_claims(sent: Vec<SentClaim>, body: &Map<String, Value>) -> Result<Claims, ApiError> {
    let names = sent.iter().map(|(name, _)| name.as_str()).collect();
    let selected = selected_keys(body)?;
    if let Some(name) = selected.symmetric_difference(&names).next() {
        return Err(invalid_claim(
            name,
            "must be in claims and in selected_field_keys, or in neither",
        ));
    }
    sent.into_iter().map(known_claim).collect()
}

fn known_claim((name, value): SentClaim) -> Result<(ClaimKey, ClaimValue), ApiError> {
    let key = ClaimKey::parse(&name).map_err(|error| invalid_claim(&name, &error.to_string()))?;
    match value {
        Some(value) => Ok((key, value)),
        None => Err(invalid_claim(&name, "must be a string, a boolean or null")),
    }
}

fn selected_keys(body: &Map<String, Value>) -> Result<BTreeSet<&str>, ApiError> {
    const FIELD: &str = "selected_field_keys";
    let mut keys = BTreeSet::new();
    for (position, entry) in list(FIELD, required(body, FIELD)?)?.iter().enumerate() {
        let key = text(&format!("{FIELD}[{position}]"), entry)?;
        if !keys.insert(key) {
            return Err(invalid_claim(key, "is selected twice"));
        }
    }
    Ok(keys)
}

fn invalid_claim(key: &str, problem: &str) -> ApiError {
    let message = format!("claims.{} {problem}", echoed_name(key));
    ApiError::new(ErrorCode::InvalidClaims, message)
}
