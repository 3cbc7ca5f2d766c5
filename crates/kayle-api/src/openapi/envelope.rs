//! What every answer is wrapped in (contract 4.1, 4.2).

use utoipa::openapi::schema::ObjectBuilder;
use utoipa::openapi::{Content, Header, Ref, RefOr, Response, ResponseBuilder, Schema};

use crate::error::ErrorCode;
use crate::wire::form::{
    any_id, choice, closed, count, count_to, flag, list, matching, named, null, nullable, text,
};

/// The envelope of one thing.
pub(super) fn one(schema: &str) -> ObjectBuilder {
    closed([("data", named(schema)), ("error", null().into())])
}

/// The envelope of a page.
pub(super) fn page(schema: &str) -> ObjectBuilder {
    closed([
        ("data", list(named(schema), "The items.").into()),
        ("error", null().into()),
        ("pagination", named("Pagination")),
    ])
}

/// Where a page lies in its list.
pub(super) fn pagination() -> Schema {
    let next_cursor = any_id("Ask for the next page with `starting_after` set to this.");
    closed([
        ("limit", limit().into()),
        ("has_more", flag("Whether another page follows.").into()),
        ("next_cursor", nullable(next_cursor).into()),
    ])
    .into()
}

/// Where the first page would lie, beside an error.
pub(super) fn no_pagination() -> Schema {
    closed([
        ("limit", limit().into()),
        ("has_more", flag("").enum_values(Some([false])).into()),
        ("next_cursor", null().into()),
    ])
    .into()
}

fn limit() -> ObjectBuilder {
    count_to(1, 100, "The most items of a page.")
}

/// What a refusal can be: codes of one status, of an operation that lists or one that does not.
pub(super) struct Refusal {
    pub(super) codes: Vec<ErrorCode>,
    pub(super) of_list: bool,
}

impl Refusal {
    /// Returns the name under which the document holds it once for many operations; those with
    /// several codes belong to few.
    pub(super) fn shared_name(&self) -> Option<String> {
        let [only] = self.codes.as_slice() else {
            return None;
        };
        let suffix = if self.of_list { "-list" } else { "" };
        Some(format!("{}{suffix}", only.as_str()))
    }

    /// Returns it, or where it is found.
    pub(super) fn response_or_name(&self) -> RefOr<Response> {
        match self.shared_name() {
            Some(name) => RefOr::Ref(Ref::from_response_name(name)),
            None => RefOr::T(self.response()),
        }
    }

    /// Returns it.
    pub(super) fn response(&self) -> Response {
        let envelope = refusal_envelope(&self.codes, self.of_list);
        let response = ResponseBuilder::new()
            .description(describe(&self.codes))
            .content("application/json", Content::new(Some(envelope)));
        headers(&self.codes)
            .into_iter()
            .fold(response, |response, (name, header)| {
                response.header(name, header)
            })
            .build()
    }
}

fn refusal_envelope(codes: &[ErrorCode], of_list: bool) -> RefOr<Schema> {
    let error = closed([
        (
            "code",
            choice(
                codes.iter().map(|code| code.as_str()),
                "The only stable member.",
            )
            .into(),
        ),
        ("message", text("What is wrong, for people.").into()),
        ("hint", text("What to do about it, for people.").into()),
        (
            "docs",
            matching("^https://kayle\\.id/docs/", "Where to read more.").into(),
        ),
    ]);
    let pagination = of_list.then(|| ("pagination", named("NoPagination")));
    let members = [("data", null().into()), ("error", error.into())];
    closed(members.into_iter().chain(pagination)).into()
}

/// Says what the codes have in common: their status.
fn describe(codes: &[ErrorCode]) -> String {
    let reason = codes
        .first()
        .and_then(|code| code.status().canonical_reason());
    let names: Vec<String> = codes
        .iter()
        .map(|code| format!("`{}`", code.as_str()))
        .collect();
    format!("{}: {}", reason.unwrap_or("Refused"), names.join(", "))
}

fn headers(codes: &[ErrorCode]) -> Vec<(&'static str, Header)> {
    let mut headers = Vec::new();
    if codes.contains(&ErrorCode::Unauthorized) {
        let scheme = choice(["Bearer"], "The scheme to authenticate with.");
        headers.push(("WWW-Authenticate", Header::new(scheme)));
    }
    let come_again = [ErrorCode::RateLimited, ErrorCode::ServiceUnavailable];
    if codes.iter().any(|code| come_again.contains(code)) {
        let seconds = count(1, "Seconds to wait.");
        headers.push(("Retry-After", Header::new(seconds)));
    }
    headers
}
