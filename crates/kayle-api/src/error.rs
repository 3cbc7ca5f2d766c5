//! What goes wrong, as the caller is told it (contract 4).
//!
//! This module is the one place where an operation's error becomes a status, a code, a message and
//! a hint: `code` holds the closed set of codes, `operations` says which error has which.

mod code;
#[cfg(test)]
mod documented;
mod operations;

use std::borrow::Cow;
use std::fmt::Display;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::{StatusCode, header};
use kayle_primitives::PageLimit;
use serde::Serialize;

pub(crate) use code::ErrorCode;

use self::code::DOCS_ERRORS;

use crate::views::Pagination;

/// A refusal. Its message never repeats a value that the caller sent.
#[derive(Debug)]
pub(crate) struct ApiError {
    code: ErrorCode,
    message: Cow<'static, str>,
    hint: &'static str,
    fault: Option<Fault>,
    /// When it is worth another try, in seconds.
    retry_after_s: Option<u64>,
}

/// What broke in our own house: logged, never answered.
pub(crate) type Fault = Box<dyn std::error::Error + Send + Sync>;

/// What an error's envelope takes from the operation that it happened in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Frame {
    /// The operation's place in the documentation, such as `webhooks/endpoints#create`.
    pub(crate) docs: &'static str,
    /// The effective page size of a list operation; `None` elsewhere.
    pub(crate) limit: Option<PageLimit>,
}

#[derive(Serialize)]
struct Envelope<'a> {
    data: Option<()>,
    error: Body<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pagination: Option<Pagination>,
}

#[derive(Serialize)]
struct Body<'a> {
    code: &'a str,
    message: &'a str,
    hint: &'a str,
    docs: String,
}

impl Frame {
    /// The frame of what no operation explains.
    pub(crate) const UNKNOWN: Self = Self {
        docs: DOCS_ERRORS,
        limit: None,
    };
}

impl ApiError {
    /// 400: says what is wrong with a member or a parameter, by its name.
    pub(crate) fn field(name: &str, error: impl Display) -> Self {
        Self::bad_request(format!("{name} {error}"))
    }

    /// Creates an error with the code's own hint.
    pub(crate) fn new(code: ErrorCode, message: impl Into<Cow<'static, str>>) -> Self {
        Self {
            code,
            message: message.into(),
            hint: code.hint(),
            fault: None,
            retry_after_s: (code == ErrorCode::ServiceUnavailable).then_some(1),
        }
    }

    /// Refuses what the caller sent; `message` begins with the name of the field.
    pub(crate) fn bad_request(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::BadRequest, message)
    }

    /// Refuses what is too much at once.
    pub(crate) fn rate_limited(
        message: impl Into<Cow<'static, str>>,
        retry_after: Duration,
    ) -> Self {
        let seconds = retry_after.as_millis().div_ceil(1000).max(1);
        Self {
            retry_after_s: u64::try_from(seconds).ok(),
            ..Self::new(ErrorCode::RateLimited, message)
        }
    }

    /// Says that the organization has no such `thing`.
    pub(crate) fn not_found(thing: &'static str) -> Self {
        Self::new(ErrorCode::NotFound, format!("{thing} not found"))
    }

    /// Refuses a cursor that names no row of the list.
    pub(crate) fn unknown_cursor() -> Self {
        Self::new(
            ErrorCode::InvalidRequest,
            "starting_after names no item of this list",
        )
    }

    /// Refuses a caller who is known, but may not do this.
    pub(crate) fn forbidden(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(ErrorCode::Forbidden, message)
    }

    /// Refuses because the organization's deletion is pending.
    pub(crate) fn frozen() -> Self {
        Self::new(
            ErrorCode::OrganizationFrozen,
            "the organization is scheduled for deletion",
        )
    }

    /// Returns the error another code, and that code's own hint.
    #[must_use]
    pub(crate) fn with_code(self, code: ErrorCode) -> Self {
        Self {
            code,
            hint: code.hint(),
            ..self
        }
    }

    /// Returns the error another hint.
    #[must_use]
    pub(crate) fn with_hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    /// Returns the code.
    pub(crate) fn code(&self) -> ErrorCode {
        self.code
    }

    /// Returns what the caller is told.
    #[cfg(test)]
    pub(crate) fn message(&self) -> &str {
        &self.message
    }

    /// Answers with [`ErrorCode::InternalServerError`] and logs why.
    pub(crate) fn internal(fault: impl Into<Fault>) -> Self {
        Self {
            fault: Some(fault.into()),
            ..Self::new(ErrorCode::InternalServerError, "an unexpected failure")
        }
    }

    /// Answers that trying again may help, and logs why it does not work.
    pub(crate) fn unavailable(fault: impl Into<Fault>) -> Self {
        Self {
            fault: Some(fault.into()),
            ..Self::not_ready("the service is temporarily unable to answer")
        }
    }

    /// Answers that trying again may help.
    pub(crate) fn not_ready(message: &'static str) -> Self {
        Self::new(ErrorCode::ServiceUnavailable, message)
    }

    /// Logs the fault behind the error, if there is one, and writes the answer.
    pub(crate) fn into_response(self, frame: Frame) -> HttpResponse {
        if let Some(fault) = &self.fault {
            tracing::error!(error = %Chain(fault.as_ref()), "the operation failed");
        }
        let mut response = HttpResponse::build(self.code.status());
        if self.code.status() == StatusCode::UNAUTHORIZED {
            response.insert_header((header::WWW_AUTHENTICATE, "Bearer"));
        }
        if let Some(seconds) = self.retry_after_s {
            response.insert_header((header::RETRY_AFTER, seconds));
        }
        response.json(self.envelope(frame))
    }

    /// Returns the body of an answer to what is no request.
    pub(crate) fn to_json(&self) -> String {
        let envelope = serde_json::to_string(&self.envelope(Frame::UNKNOWN));
        envelope.expect("texts can be written as JSON")
    }

    fn envelope(&self, frame: Frame) -> Envelope<'_> {
        Envelope {
            data: None,
            error: Body {
                code: self.code.as_str(),
                message: &self.message,
                hint: self.hint,
                docs: self.code.docs(frame.docs),
            },
            pagination: frame.limit.map(Pagination::none),
        }
    }
}

/// Displays an error with all of its sources.
struct Chain<'a>(&'a (dyn std::error::Error + 'static));

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.0)?;
        let sources = std::iter::successors(self.0.source(), |error| error.source());
        for source in sources {
            write!(formatter, ": {source}")?;
        }
        Ok(())
    }
}
