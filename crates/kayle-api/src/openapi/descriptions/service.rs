//! The service itself (contract 3.10, 13.4).

use utoipa::openapi::path::HttpMethod;

use crate::error::ErrorCode;
use crate::openapi::description::{Access, Answer, Body, Description};

const TAG: &str = "Service";

pub(crate) const GREETING: Description = Description {
    method: HttpMethod::Get,
    id: "greet",
    summary: "Say hello",
    text: "Says what this is.",
    tag: TAG,
    access: Access::Everyone,
    query: &[],
    body: Body::None,
    answer: Answer::One("Greeting"),
    errors: &[ErrorCode::InternalServerError],
};

pub(crate) const LIVE: Description = Description {
    method: HttpMethod::Get,
    id: "getLiveness",
    summary: "Tell whether the process runs",
    text: "For supervisors.",
    tag: TAG,
    access: Access::Everyone,
    query: &[],
    body: Body::None,
    answer: Answer::One("Health"),
    errors: &[ErrorCode::InternalServerError],
};

pub(crate) const READY: Description = Description {
    method: HttpMethod::Get,
    id: "getReadiness",
    summary: "Tell whether requests can be served",
    text: "For load balancers.",
    tag: TAG,
    access: Access::Everyone,
    query: &[],
    body: Body::None,
    answer: Answer::One("Health"),
    errors: &[
        ErrorCode::InternalServerError,
        ErrorCode::ServiceUnavailable,
    ],
};

pub(crate) const DOCUMENT: Description = Description {
    method: HttpMethod::Get,
    id: "getOpenApi",
    summary: "Get this document",
    text: "OpenAPI 3.1.",
    tag: TAG,
    access: Access::Everyone,
    query: &[],
    body: Body::None,
    answer: Answer::Raw("application/json"),
    errors: &[ErrorCode::InternalServerError],
};

pub(crate) const REFERENCE: Description = Description {
    method: HttpMethod::Get,
    id: "getReference",
    summary: "Read this document in a browser",
    text: "Loads nothing from elsewhere.",
    tag: TAG,
    access: Access::Everyone,
    query: &[],
    body: Body::None,
    answer: Answer::Raw("text/html; charset=utf-8"),
    errors: &[ErrorCode::InternalServerError],
};
