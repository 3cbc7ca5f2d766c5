//! `POST /v1/verify/session/{session_id}/cancel`: the person withdraws (contract 3.9, P1).
//!
//! Nobody signs in here: the session's one-shot token is the credential, so what is malformed has
//! codes of its own.

use actix_web::HttpResponse;
use futures_util::FutureExt;
use serde_json::{Map, Value};

use crate::error::{ApiError, ErrorCode};
use crate::extract::{Call, required, text};
use crate::operation::{Answer, Audience, Body, Operation, Run, Tag, Verb};
use crate::routes::answer;
use crate::wire::form::{self, body};

const TOKEN_CHARS: usize = 48;
const BODY_HINT: &str = "Send {\"cancel_token\": \"...\"} as application/json.";

pub(in crate::routes) const OPERATION: Operation = Operation {
    verb: Verb::Post,
    path: "/v1/verify/session/{session_id}/cancel",
    audience: Audience::Customers,
    id: "withdrawSession",
    tag: Tag::Sessions,
    summary: "Withdraw from a session",
    text: "The person who is verified cancels, with the token that the session was created \
           with. It works once. What was not delivered yet is erased, and \
           `verification.session.cancelled` takes its place.",
    query: &[],
    body: Body::required::<PublicCancelBody>(),
    answer: Answer::Nothing,
    errors: &[
        ErrorCode::InvalidSessionId,
        ErrorCode::InvalidRequest,
        ErrorCode::BadRequest,
        ErrorCode::CancelTokenInvalid,
        ErrorCode::SessionNotFound,
        ErrorCode::CancelTokenUsed,
        ErrorCode::PayloadTooLarge,
        ErrorCode::InternalServerError,
        ErrorCode::ServiceUnavailable,
    ],
    docs: "errors",
    run: Run::Anyone(|call| cancel(call).boxed_local()),
};

body! {
    /// The token that the session was created with.
    PublicCancelBody, "PublicCancel", form::open(&["cancel_token"], [(
        "cancel_token",
        form::matching(
            format!("^[a-z0-9]{{{TOKEN_CHARS}}}$"),
            "The token that the session was created with.",
        )
        .into(),
    )])
}

async fn cancel(mut call: Call) -> Result<HttpResponse, ApiError> {
    let id = call
        .session_id()
        .map_err(|error| error.with_code(ErrorCode::InvalidSessionId))?;
    let body = call.json_object();
    let token = body.and_then(|body| cancel_token(&body)).map_err(|error| {
        error
            .with_code(ErrorCode::InvalidRequest)
            .with_hint(BODY_HINT)
    })?;
    call.webhooks().withdraw(&id, &token).await?;
    Ok(answer::no_content())
}

fn cancel_token(body: &Map<String, Value>) -> Result<String, ApiError> {
    let token = text("cancel_token", required(body, "cancel_token")?)?;
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    if token.len() == TOKEN_CHARS && token.bytes().all(fits) {
        Ok(token.to_owned())
    } else {
        Err(ApiError::bad_request(format!(
            "cancel_token must be {TOKEN_CHARS} characters of a-z and 0-9"
        )))
    }
}
