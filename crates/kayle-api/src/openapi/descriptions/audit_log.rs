//! The audit log, for people at the dashboard (contract 10).

use kayle_app::access::Role;
use utoipa::openapi::path::HttpMethod;

use crate::error::ErrorCode;
use crate::openapi::description::{Access, Answer, Body, Description};
use crate::openapi::parameters;

const TAG: &str = "Audit log";

/// No API key is accepted.
const ADMIN: Access = Access::Person(Role::Admin);

pub(crate) const LIST: Description = Description {
    method: HttpMethod::Get,
    id: "listAuditLog",
    summary: "List the audit log",
    text: "What people, API keys and operators changed or saw. The newest comes first.",
    tag: TAG,
    access: ADMIN,
    query: &[parameters::limit, parameters::starting_after],
    body: Body::None,
    answer: Answer::List("AuditRow"),
    errors: &[ErrorCode::InvalidRequest],
};
