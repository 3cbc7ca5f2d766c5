//! Events, under two paths (contract 3.5, 3.6).

use utoipa::openapi::path::HttpMethod;

use super::{READ_WEBHOOKS, WRITE_WEBHOOKS};
use crate::error::ErrorCode;
use crate::openapi::description::{Answer, Body, Description};
use crate::openapi::parameters;

const TAG: &str = "Events";

pub(crate) const LIST: Description = Description {
    method: HttpMethod::Get,
    id: "listEvents",
    summary: "List events",
    text: "The newest comes first.",
    tag: TAG,
    access: READ_WEBHOOKS,
    query: &[
        parameters::event_type,
        parameters::created_from,
        parameters::created_to,
        parameters::limit,
        parameters::starting_after,
    ],
    body: Body::None,
    answer: Answer::List("Event"),
    errors: &[ErrorCode::InvalidRequest],
};

pub(crate) const GET: Description = Description {
    method: HttpMethod::Get,
    id: "getEvent",
    summary: "Get an event",
    text: "With a summary of each of its deliveries.",
    tag: TAG,
    access: READ_WEBHOOKS,
    query: &[],
    body: Body::None,
    answer: Answer::One("Event"),
    errors: &[ErrorCode::NotFound],
};

pub(crate) const REPLAY: Description = Description {
    method: HttpMethod::Post,
    id: "replayEvent",
    summary: "Replay an event",
    text: "Retries each delivery of the event whose payload is still there, and skips the \
           others. Endpoints that came later get nothing.",
    tag: TAG,
    access: WRITE_WEBHOOKS,
    query: &[],
    body: Body::None,
    answer: Answer::Accepted("Event"),
    errors: &[
        ErrorCode::NotFound,
        ErrorCode::Conflict,
        ErrorCode::WebhookPayloadExpired,
    ],
};

pub(crate) const ALIAS_LIST: Description = Description {
    method: HttpMethod::Get,
    id: "listV1Events",
    summary: "List events",
    text: "The newest comes first. The path of older integrations.",
    tag: TAG,
    access: READ_WEBHOOKS,
    query: &[
        parameters::event_type,
        parameters::created_from,
        parameters::created_to,
        parameters::limit,
        parameters::starting_after,
    ],
    body: Body::None,
    answer: Answer::List("Event"),
    errors: &[ErrorCode::InvalidRequest],
};

pub(crate) const ALIAS_GET: Description = Description {
    method: HttpMethod::Get,
    id: "getV1Event",
    summary: "Get an event",
    text: "With a summary of each of its deliveries. The path of older integrations.",
    tag: TAG,
    access: READ_WEBHOOKS,
    query: &[],
    body: Body::None,
    answer: Answer::One("Event"),
    errors: &[ErrorCode::NotFound],
};

pub(crate) const ALIAS_REPLAY: Description = Description {
    method: HttpMethod::Post,
    id: "replayV1Event",
    summary: "Replay an event",
    text: "Retries each delivery of the event whose payload is still there, and skips the \
           others. Endpoints that came later get nothing. The path of older integrations.",
    tag: TAG,
    access: WRITE_WEBHOOKS,
    query: &[],
    body: Body::None,
    answer: Answer::Accepted("Event"),
    errors: &[
        ErrorCode::NotFound,
        ErrorCode::Conflict,
        ErrorCode::WebhookPayloadExpired,
    ],
};
