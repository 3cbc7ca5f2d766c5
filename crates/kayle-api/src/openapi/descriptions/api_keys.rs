//! API keys, for people at the dashboard (contract 3.7).

use kayle_app::access::Role;
use utoipa::openapi::path::HttpMethod;

use crate::error::ErrorCode;
use crate::openapi::description::{Access, Answer, Body, Description};
use crate::openapi::parameters;

const TAG: &str = "API keys";

/// No API key is accepted.
const ADMIN: Access = Access::Person(Role::Admin);

pub(crate) const LIST: Description = Description {
    method: HttpMethod::Get,
    id: "listApiKeys",
    summary: "List API keys",
    text: "In the order of their ids, without the keys themselves.",
    tag: TAG,
    access: ADMIN,
    query: &[parameters::limit, parameters::starting_after_api_key],
    body: Body::None,
    answer: Answer::List("ApiKey"),
    errors: &[],
};

pub(crate) const CREATE: Description = Description {
    method: HttpMethod::Post,
    id: "createApiKey",
    summary: "Create an API key",
    text: "The answer alone shows the key.",
    tag: TAG,
    access: ADMIN,
    query: &[],
    body: Body::Required("NewApiKey"),
    answer: Answer::One("CreatedApiKey"),
    errors: &[],
};

pub(crate) const UPDATE: Description = Description {
    method: HttpMethod::Patch,
    id: "updateApiKey",
    summary: "Change an API key",
    text: "Takes effect with the next request.",
    tag: TAG,
    access: ADMIN,
    query: &[],
    body: Body::Required("ApiKeyChange"),
    answer: Answer::One("Done"),
    errors: &[ErrorCode::ApiKeyNotFound],
};

pub(crate) const DELETE: Description = Description {
    method: HttpMethod::Delete,
    id: "deleteApiKey",
    summary: "Delete an API key",
    text: "Takes effect with the next request.",
    tag: TAG,
    access: ADMIN,
    query: &[],
    body: Body::None,
    answer: Answer::One("Done"),
    errors: &[ErrorCode::ApiKeyNotDeleted],
};
