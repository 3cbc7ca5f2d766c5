//! What the person who is verified may do (contract 3.9).

use utoipa::openapi::path::HttpMethod;

use crate::error::ErrorCode;
use crate::openapi::description::{Access, Answer, Body, Description};

const TAG: &str = "Sessions";

pub(crate) const CANCEL: Description = Description {
    method: HttpMethod::Post,
    id: "withdrawSession",
    summary: "Withdraw from a session",
    text: "The person who is verified cancels, with the token that the session was created \
           with. It works once. What was not delivered yet is erased, and \
           `verification.session.cancelled` takes its place.",
    tag: TAG,
    access: Access::Everyone,
    query: &[],
    body: Body::Required("PublicCancel"),
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
};
