//! Sessions (contract 3.8).

use utoipa::openapi::path::HttpMethod;

use super::{READ_SESSIONS, WRITE_SESSIONS};
use crate::error::ErrorCode;
use crate::openapi::description::{Answer, Body, Description};
use crate::openapi::parameters;

const TAG: &str = "Sessions";

pub(crate) const CREATE: Description = Description {
    method: HttpMethod::Post,
    id: "createSession",
    summary: "Create a session",
    text: "Opens a verification that a person has an hour for. Without a body everything of the \
           catalogue is asked for, and nothing but the document's id is required. The answer \
           alone has the cancel token.",
    tag: TAG,
    access: WRITE_SESSIONS,
    query: &[],
    body: Body::Optional("NewSession"),
    answer: Answer::One("CreatedSession"),
    errors: &[
        ErrorCode::InvalidShareFields,
        ErrorCode::UnknownClaimKey,
        ErrorCode::InvalidAgeGateKey,
        ErrorCode::MultipleAgeGatesNotAllowed,
        ErrorCode::ReasonRequired,
        ErrorCode::ReasonTooLong,
        ErrorCode::TooManyShareFields,
        ErrorCode::InvalidRedirectUrl,
        ErrorCode::WebhookEndpointUnavailable,
    ],
};

pub(crate) const LIST: Description = Description {
    method: HttpMethod::Get,
    id: "listSessions",
    summary: "List sessions",
    text: "In the order of their ids.",
    tag: TAG,
    access: READ_SESSIONS,
    query: &[
        parameters::session_status,
        parameters::created_from,
        parameters::created_to,
        parameters::limit,
        parameters::starting_after_session,
    ],
    body: Body::None,
    answer: Answer::List("Session"),
    errors: &[],
};

pub(crate) const GET: Description = Description {
    method: HttpMethod::Get,
    id: "getSession",
    summary: "Get a session",
    text: "Without its cancel token.",
    tag: TAG,
    access: READ_SESSIONS,
    query: &[],
    body: Body::None,
    answer: Answer::One("Session"),
    errors: &[ErrorCode::NotFound],
};

pub(crate) const CANCEL: Description = Description {
    method: HttpMethod::Post,
    id: "cancelSession",
    summary: "Cancel a session",
    text: "Ends a session that has not ended. Repeating is allowed: nothing happens then.",
    tag: TAG,
    access: WRITE_SESSIONS,
    query: &[],
    body: Body::None,
    answer: Answer::Nothing,
    errors: &[ErrorCode::NotFound],
};
