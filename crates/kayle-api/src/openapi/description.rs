//! What the document says of one operation, and the OpenAPI operation that it becomes.

use std::collections::BTreeMap;

use kayle_app::access::{Role, Scope};
use utoipa::openapi::path::{HttpMethod, Operation, OperationBuilder, Parameter};
use utoipa::openapi::request_body::RequestBody;
use utoipa::openapi::security::SecurityRequirement;
use utoipa::openapi::{Content, RefOr, Required, Response, ResponseBuilder, Schema};

use super::envelope::{self, Refusal};
use super::schema::named;
use super::{BEARER, COOKIE, parameters};
use crate::error::ErrorCode;

/// What a reader is told of an operation, and what the router cannot say.
pub(crate) struct Description {
    pub(crate) method: HttpMethod,
    /// Its name in generated clients; unique.
    pub(crate) id: &'static str,
    pub(crate) summary: &'static str,
    pub(crate) text: &'static str,
    pub(crate) tag: &'static str,
    pub(crate) access: Access,
    /// Its query parameters; those of the path are read from the path.
    pub(crate) query: &'static [fn() -> Parameter],
    pub(crate) body: Body,
    pub(crate) answer: Answer,
    /// The codes that it can answer besides those of everything that has its [`Access`].
    pub(crate) errors: &'static [ErrorCode],
}

/// Who may ask for an operation.
#[derive(Clone, Copy)]
pub(crate) enum Access {
    /// Everybody.
    Everyone,
    /// An API key with the scope, and a person with the role.
    Customer(Scope, Role),
    /// A person with the role, and no API key.
    Person(Role),
}

/// What an operation takes; the text names a schema.
#[derive(Clone, Copy)]
pub(crate) enum Body {
    None,
    Optional(&'static str),
    Required(&'static str),
}

/// What a success is; the text names a schema.
#[derive(Clone, Copy)]
pub(crate) enum Answer {
    /// 200 with one thing.
    One(&'static str),
    /// 200 with a page.
    List(&'static str),
    /// 202 with one thing.
    Accepted(&'static str),
    /// 204.
    Nothing,
    /// 200 with something that has no envelope, of this media type.
    Raw(&'static str),
}

/// What every operation that is not open to everyone can answer: its caller is not let through, its
/// body cannot be read, or something broke.
const OF_EVERY_CUSTOMER: [ErrorCode; 7] = [
    ErrorCode::BadRequest,
    ErrorCode::Unauthorized,
    ErrorCode::Forbidden,
    ErrorCode::OrganizationFrozen,
    ErrorCode::PayloadTooLarge,
    ErrorCode::InternalServerError,
    ErrorCode::ServiceUnavailable,
];

impl Description {
    /// Returns the operation at `path`.
    pub(super) fn operation(&self, path: &str) -> Operation {
        let mut operation = OperationBuilder::new()
            .operation_id(Some(self.id))
            .summary(Some(self.summary))
            .description(Some(self.text))
            .tag(self.tag)
            .securities(Some(self.access.requirements()))
            .request_body(self.body.request_body())
            .response(self.answer.status(), self.answer.response());
        for parameter in parameters::of_path(path).chain(self.query.iter().map(|make| make())) {
            operation = operation.parameter(parameter);
        }
        for (status, refusal) in self.refusals() {
            operation = operation.response(status.to_string(), refusal.response_or_name());
        }
        operation.build()
    }

    /// Returns how the operation can be refused, by status.
    pub(super) fn refusals(&self) -> BTreeMap<u16, Refusal> {
        let mut by_status = BTreeMap::new();
        let common = self.access.errors().iter();
        for code in common.chain(self.errors) {
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

impl Access {
    fn requirements(self) -> Vec<SecurityRequirement> {
        match self {
            Self::Everyone => Vec::new(),
            Self::Customer(scope, role) => vec![
                SecurityRequirement::new(BEARER, [scope.as_str()]),
                SecurityRequirement::new(COOKIE, [role.as_str()]),
            ],
            Self::Person(role) => vec![SecurityRequirement::new(COOKIE, [role.as_str()])],
        }
    }

    fn errors(self) -> &'static [ErrorCode] {
        match self {
            Self::Everyone => &[],
            Self::Customer(..) | Self::Person(_) => &OF_EVERY_CUSTOMER,
        }
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
            .content(JSON, Content::new(Some(named(schema))))
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

    fn is_list(self) -> bool {
        match self {
            Self::List(_) => true,
            Self::One(_) | Self::Accepted(_) | Self::Nothing | Self::Raw(_) => false,
        }
    }

    fn response(self) -> Response {
        let answered = |media_type: &str, schema: Option<RefOr<Schema>>| {
            ResponseBuilder::new()
                .description("It was done.")
                .content(media_type, Content::new(schema))
                .build()
        };
        match self {
            Self::One(schema) | Self::Accepted(schema) => {
                answered(JSON, Some(envelope::one(schema).into()))
            }
            Self::List(schema) => answered(JSON, Some(envelope::page(schema).into())),
            Self::Raw(media_type) => answered(media_type, None),
            Self::Nothing => Response::new("It was done."),
        }
    }
}
