//! Encryption keys (contract 3.3).

use utoipa::openapi::path::HttpMethod;

use super::{READ_WEBHOOKS, WRITE_WEBHOOKS};
use crate::error::ErrorCode;
use crate::openapi::description::{Answer, Body, Description};
use crate::openapi::parameters;

const TAG: &str = "Encryption keys";

pub(crate) const REGISTER: Description = Description {
    method: HttpMethod::Post,
    id: "registerEncryptionKey",
    summary: "Register an encryption key",
    text: "Later events are encrypted with this key instead of the active one, if there was \
           one. What is encrypted already stays as it is.",
    tag: TAG,
    access: WRITE_WEBHOOKS,
    query: &[],
    body: Body::Required("NewEncryptionKey"),
    answer: Answer::One("EncryptionKey"),
    errors: &[ErrorCode::NotFound],
};

pub(crate) const LIST: Description = Description {
    method: HttpMethod::Get,
    id: "listEncryptionKeys",
    summary: "List encryption keys",
    text: "In the order of their ids. An endpoint that does not exist has none.",
    tag: TAG,
    access: READ_WEBHOOKS,
    query: &[
        parameters::is_active,
        parameters::limit,
        parameters::starting_after,
    ],
    body: Body::None,
    answer: Answer::List("EncryptionKey"),
    errors: &[],
};

pub(crate) const DEACTIVATE: Description = Description {
    method: HttpMethod::Post,
    id: "deactivateEncryptionKey",
    summary: "Deactivate an encryption key",
    text: "Without an active key, events of the endpoint fail: they are never sent unencrypted. \
           Repeating is allowed.",
    tag: TAG,
    access: WRITE_WEBHOOKS,
    query: &[],
    body: Body::None,
    answer: Answer::One("EncryptionKey"),
    errors: &[ErrorCode::NotFound],
};

pub(crate) const REACTIVATE: Description = Description {
    method: HttpMethod::Post,
    id: "reactivateEncryptionKey",
    summary: "Reactivate an encryption key",
    text: "The key takes the place of the active one, if there is one. Repeating is allowed.",
    tag: TAG,
    access: WRITE_WEBHOOKS,
    query: &[],
    body: Body::None,
    answer: Answer::One("EncryptionKey"),
    errors: &[ErrorCode::NotFound],
};
