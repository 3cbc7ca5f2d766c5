//! Endpoints (contract 3.2).

use kayle_app::access::{Role, Scope};
use utoipa::openapi::path::HttpMethod;

use super::{READ_WEBHOOKS, WRITE_WEBHOOKS};
use crate::error::ErrorCode;
use crate::openapi::description::{Access, Answer, Body, Description};
use crate::openapi::parameters;

const TAG: &str = "Endpoints";

pub(crate) const CREATE: Description = Description {
    method: HttpMethod::Post,
    id: "createEndpoint",
    summary: "Create an endpoint",
    text: "Registers a URL that events are delivered to. The answer is the first to show its \
           signing secret. Nothing is sent to the URL until an event happens.",
    tag: TAG,
    access: WRITE_WEBHOOKS,
    query: &[],
    body: Body::Required("NewEndpoint"),
    answer: Answer::One("CreatedEndpoint"),
    errors: &[ErrorCode::WebhookUrlRejected],
};

pub(crate) const LIST: Description = Description {
    method: HttpMethod::Get,
    id: "listEndpoints",
    summary: "List endpoints",
    text: "The newest comes first.",
    tag: TAG,
    access: READ_WEBHOOKS,
    query: &[
        parameters::enabled,
        parameters::limit,
        parameters::starting_after,
    ],
    body: Body::None,
    answer: Answer::List("Endpoint"),
    errors: &[ErrorCode::InvalidRequest],
};

pub(crate) const GET: Description = Description {
    method: HttpMethod::Get,
    id: "getEndpoint",
    summary: "Get an endpoint",
    text: "The signing secret is not shown.",
    tag: TAG,
    access: READ_WEBHOOKS,
    query: &[],
    body: Body::None,
    answer: Answer::One("Endpoint"),
    errors: &[ErrorCode::NotFound],
};

pub(crate) const UPDATE: Description = Description {
    method: HttpMethod::Patch,
    id: "updateEndpoint",
    summary: "Change an endpoint",
    text: "Deliveries under way go on to the new URL. While an endpoint is disabled its \
           deliveries are held, and due at once when it is enabled.",
    tag: TAG,
    access: WRITE_WEBHOOKS,
    query: &[],
    body: Body::Required("EndpointChange"),
    answer: Answer::One("Endpoint"),
    errors: &[ErrorCode::WebhookUrlRejected, ErrorCode::NotFound],
};

pub(crate) const DELETE: Description = Description {
    method: HttpMethod::Delete,
    id: "deleteEndpoint",
    summary: "Delete an endpoint",
    text: "For good: its signing secret, its encryption keys and the payloads of its deliveries \
           are erased. The deliveries stay listed.",
    tag: TAG,
    access: WRITE_WEBHOOKS,
    query: &[],
    body: Body::None,
    answer: Answer::One("Done"),
    errors: &[ErrorCode::NotFound],
};

pub(crate) const REVEAL: Description = Description {
    method: HttpMethod::Post,
    id: "revealSigningSecret",
    summary: "Reveal the signing secret",
    text: "Shows the secret as it is. People must be owner for it.",
    tag: TAG,
    access: Access::Customer(Scope::WebhooksWrite, Role::Owner),
    query: &[],
    body: Body::None,
    answer: Answer::One("SigningSecret"),
    errors: &[ErrorCode::NotFound],
};

pub(crate) const ROTATE: Description = Description {
    method: HttpMethod::Post,
    id: "rotateSigningSecret",
    summary: "Rotate the signing secret",
    text: "Replaces the secret at once. Every later attempt is signed with the new one, also of \
           deliveries under way.",
    tag: TAG,
    access: WRITE_WEBHOOKS,
    query: &[],
    body: Body::None,
    answer: Answer::One("SigningSecret"),
    errors: &[ErrorCode::NotFound],
};
