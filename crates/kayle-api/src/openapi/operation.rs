//! What the document says of one operation.

use std::collections::BTreeMap;

use utoipa::openapi::path::{self, HttpMethod, OperationBuilder};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, RefOr, Required, Response, ResponseBuilder, Schema};

use super::envelope::{self, Refusal};
use super::{BEARER, COOKIE, parameters};
use crate::error::ErrorCode;
use crate::operation::{Access, Answer, Body, Described, Operation, Verb};
use crate::wire::form::named;

/// What every operation that is not open to everyone can answer: its caller is not let through, its
/// body cannot be read, or something broke.
const OF_EVERY_CUSTOMER: [ErrorCode; 8] = [
    ErrorCode::BadRequest,
    ErrorCode::Unauthorized,
    ErrorCode::Forbidden,
    ErrorCode::OrganizationFrozen,
    ErrorCode::PayloadTooLarge,
    ErrorCode::RateLimited,
    ErrorCode::InternalServerError,
    ErrorCode::ServiceUnavailable,
];

impl Operation {
    /// Returns the method that it is asked for with.
    pub(super) fn method(&self) -> HttpMethod {
        match self.verb {
            Verb::Get => HttpMethod::Get,
            Verb::Post => HttpMethod::Post,
            Verb::Patch => HttpMethod::Patch,
            Verb::Delete => HttpMethod::Delete,
        }
    }

    /// Returns it as the document has it.
    pub(super) fn described(&self) -> path::Operation {
        let mut operation = OperationBuilder::new()
            .operation_id(Some(self.id))
            .summary(Some(self.summary))
            .description(Some(self.text))
            .tag(self.tag.name())
            .securities(Some(requirements(self.access())))
            .request_body(self.body.request_body())
            .response(self.answer.status(), self.answer.response());
        for parameter in parameters::of_path(self.path).chain(self.query.iter().map(|make| make()))
        {
            operation = operation.parameter(parameter);
        }
        for (status, refusal) in self.refusals() {
            operation = operation.response(status.to_string(), refusal.response_or_name());
        }
        operation.build()
    }

    /// Returns what it answers, if that has a schema.
    pub(super) fn answered(&self) -> Option<Described> {
        match self.answer {
            Answer::One(schema) | Answer::List(schema) | Answer::Accepted(schema) => Some(schema),
            Answer::Nothing | Answer::Raw(_) => None,
        }
    }

    /// Returns what it takes, if it takes anything.
    pub(super) fn taken(&self) -> Option<Described> {
        match self.body {
            Body::None => None,
            Body::Optional(schema) | Body::Required(schema) => Some(schema),
        }
    }

    /// Returns how it can be refused, by status.
    pub(super) fn refusals(&self) -> BTreeMap<u16, Refusal> {
        let mut by_status = BTreeMap::new();
        for code in common_errors(self.access()).iter().chain(self.errors) {
            let refusal = by_status
                .entry(code.status().as_u16())
                .or_insert_with(|| Refusal {
                    codes: Vec::new(),
                    of_list: self.answer.is_list(),
                });
            if !refusal.codes.contains(code) {
                refusal.codes.push(*code);
            }
        }
        by_status
    }
}

/// Returns the ways to show that a caller may do it; none if nobody must.
fn requirements(access: Option<Access>) -> Vec<SecurityRequirement> {
    match access {
        None | Some(Access::Everyone) => Vec::new(),
        Some(Access::Customer(scope, role)) => vec![
            SecurityRequirement::new(BEARER, [scope.as_str()]),
            SecurityRequirement::new(COOKIE, [role.as_str()]),
        ],
        Some(Access::Person(role)) => vec![SecurityRequirement::new(COOKIE, [role.as_str()])],
    }
}

fn common_errors(access: Option<Access>) -> &'static [ErrorCode] {
    match access {
        None | Some(Access::Everyone) => &[],
        Some(Access::Customer(..) | Access::Person(_)) => &OF_EVERY_CUSTOMER,
    }
}

impl Body {
    fn request_body(self) -> Option<RequestBody> {
        let (schema, required) = match self {
            Self::None => return None,
            Self::Optional(schema) => (schema, Required::False),
            Self::Required(schema) => (schema, Required::True),
        };
        let body = RequestBody::builder()
            .content(JSON, Content::new(Some(named(&(schema.name)()))))
            .required(Some(required));
        Some(body.build())
    }
}

const JSON: &str = "application/json";

impl Answer {
    fn status(self) -> &'static str {
        match self {
            Self::One(_) | Self::List(_) | Self::Raw(_) => "200",
            Self::Accepted(_) => "202",
            Self::Nothing => "204",
        }
    }

    fn response(self) -> Response {
        let answered = |media_type: &str, schema: Option<RefOr<Schema>>| {
            ResponseBuilder::new()
                .description("Success.")
                .content(media_type, Content::new(schema))
                .build()
        };
        match self {
            Self::One(schema) | Self::Accepted(schema) => {
                answered(JSON, Some(envelope::one(&(schema.name)()).into()))
            }
            Self::List(schema) => answered(JSON, Some(envelope::page(&(schema.name)()).into())),
            Self::Raw(media_type) => answered(media_type, None),
            Self::Nothing => Response::new("Success."),
        }
    }
}
