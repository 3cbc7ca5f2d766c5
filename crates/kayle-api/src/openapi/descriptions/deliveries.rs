//! Deliveries (contract 3.4, D12).

use utoipa::openapi::path::HttpMethod;

use super::{READ_WEBHOOKS, WRITE_WEBHOOKS};
use crate::error::ErrorCode;
use crate::openapi::description::{Answer, Body, Description};
use crate::openapi::parameters;

const TAG: &str = "Deliveries";

pub(crate) const LIST: Description = Description {
    method: HttpMethod::Get,
    id: "listDeliveries",
    summary: "List deliveries",
    text: "The newest comes first. Filters combine; an id that does not exist gives an empty \
           list.",
    tag: TAG,
    access: READ_WEBHOOKS,
    query: &[
        parameters::delivery_status,
        parameters::endpoint_id,
        parameters::event_id,
        parameters::limit,
        parameters::starting_after,
    ],
    body: Body::None,
    answer: Answer::List("Delivery"),
    errors: &[ErrorCode::InvalidRequest],
};

pub(crate) const GET: Description = Description {
    method: HttpMethod::Get,
    id: "getDelivery",
    summary: "Get a delivery with its attempts",
    text: "What was delivered is not shown.",
    tag: TAG,
    access: READ_WEBHOOKS,
    query: &[],
    body: Body::None,
    answer: Answer::One("DeliveryWithAttempts"),
    errors: &[ErrorCode::NotFound],
};

pub(crate) const RETRY: Description = Description {
    method: HttpMethod::Post,
    id: "retryDelivery",
    summary: "Retry a delivery",
    text: "Sends the same bytes again, freshly signed, at once and on a full retry schedule. It \
           needs the payload: one that was delivered or has expired is gone.",
    tag: TAG,
    access: WRITE_WEBHOOKS,
    query: &[],
    body: Body::None,
    answer: Answer::One("Delivery"),
    errors: &[
        ErrorCode::NotFound,
        ErrorCode::Conflict,
        ErrorCode::WebhookPayloadExpired,
    ],
};
