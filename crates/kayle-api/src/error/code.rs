//! The closed set of error codes (contract 4.4): the only stable member of an error.

use actix_web::http::StatusCode;
use strum::IntoStaticStr;

/// The page of the documentation for errors that no operation explains.
pub(super) const DOCS_ERRORS: &str = "errors";

const DOCS_BASE: &str = "https://kayle.id/docs/api/";
const DOCS_FROZEN: &str = "https://kayle.id/docs/errors/organization-frozen";

/// What a program can tell apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, IntoStaticStr)]
#[strum(serialize_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum ErrorCode {
    ApiKeyNotDeleted,
    ApiKeyNotFound,
    BadRequest,
    CancelTokenInvalid,
    CancelTokenUsed,
    Conflict,
    Forbidden,
    InternalServerError,
    InvalidAgeGateKey,
    InvalidClaims,
    InvalidRedirectUrl,
    InvalidRequest,
    InvalidSessionId,
    InvalidShareFields,
    /// The organization has as much of something as it may have.
    LimitReached,
    MultipleAgeGatesNotAllowed,
    NotFound,
    OrganizationFrozen,
    PayloadTooLarge,
    /// Too much at once; `Retry-After` says when to come again.
    RateLimited,
    ReasonRequired,
    ReasonTooLong,
    /// A fault that may pass: the database is away or too busy.
    ServiceUnavailable,
    SessionExpired,
    SessionNotFound,
    TooManyShareFields,
    Unauthorized,
    UnknownClaimKey,
    WebhookEndpointUnavailable,
    WebhookPayloadExpired,
    WebhookUrlRejected,
}

impl ErrorCode {
    /// Returns the name on the wire.
    pub(crate) fn as_str(self) -> &'static str {
        self.into()
    }

    /// Returns the HTTP status.
    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::ApiKeyNotDeleted
            | Self::ApiKeyNotFound
            | Self::BadRequest
            | Self::InvalidAgeGateKey
            | Self::InvalidClaims
            | Self::InvalidRedirectUrl
            | Self::InvalidRequest
            | Self::InvalidSessionId
            | Self::InvalidShareFields
            | Self::MultipleAgeGatesNotAllowed
            | Self::ReasonRequired
            | Self::ReasonTooLong
            | Self::TooManyShareFields
            | Self::UnknownClaimKey
            | Self::WebhookEndpointUnavailable
            | Self::WebhookUrlRejected => StatusCode::BAD_REQUEST,
            Self::CancelTokenInvalid | Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::NotFound | Self::SessionNotFound => StatusCode::NOT_FOUND,
            Self::CancelTokenUsed
            | Self::Conflict
            | Self::LimitReached
            | Self::SessionExpired
            | Self::WebhookPayloadExpired => StatusCode::CONFLICT,
            Self::OrganizationFrozen => StatusCode::GONE,
            Self::PayloadTooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::RateLimited => StatusCode::TOO_MANY_REQUESTS,
            Self::InternalServerError => StatusCode::INTERNAL_SERVER_ERROR,
            Self::ServiceUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// Returns what the caller can do about it.
    pub(crate) fn hint(self) -> &'static str {
        match self {
            Self::ApiKeyNotDeleted | Self::ApiKeyNotFound => {
                "Check that the id belongs to an API key of the organization."
            }
            Self::BadRequest => "Correct the field that the message names and send again.",
            Self::CancelTokenInvalid => "Use the cancel_token that the session was created with.",
            Self::CancelTokenUsed => {
                "The token works once. Ask whoever opened the session to cancel it."
            }
            Self::Conflict => "Read the resource again and decide anew.",
            Self::Forbidden => {
                "The credential lacks the scope for this operation. Ask an administrator of the \
                 organization for a key that has it."
            }
            Self::InternalServerError => {
                "Try again later. If the problem persists, contact us and quote X-Request-Id."
            }
            Self::InvalidAgeGateKey => "Name the age gate age_over_N, with N from 12 to 130.",
            Self::InvalidClaims => {
                "Report exactly the claims that the person agreed to share, out of the session's \
                 share_fields."
            }
            Self::InvalidRedirectUrl => "Give an absolute https URL.",
            Self::InvalidRequest => {
                "Use the next_cursor of the page before, with the same filters, or start over \
                 without a cursor."
            }
            Self::InvalidSessionId => "Give the whole id: vs_ and 64 letters and digits.",
            Self::InvalidShareFields => {
                "Give each field as {\"required\": true or false, \"reason\": \"...\"}."
            }
            Self::LimitReached => {
                "Delete what is no longer needed, or ask the operator for a higher limit."
            }
            Self::MultipleAgeGatesNotAllowed => "Ask for one age_over_N only.",
            Self::NotFound => {
                "Nothing in this organization is found there. Check the method, the path and the \
                 id."
            }
            Self::OrganizationFrozen => {
                "Cancel the organization's pending deletion in the dashboard to use the API again."
            }
            Self::PayloadTooLarge => "Send at most 2 MiB.",
            Self::ReasonRequired => "Say what the claim is for, in words that the person reads.",
            Self::ReasonTooLong => "Give a reason of at most 200 characters.",
            Self::RateLimited | Self::ServiceUnavailable => {
                "Try again after the seconds that Retry-After names."
            }
            Self::SessionExpired => "Create another session.",
            Self::SessionNotFound => "Check the session's id.",
            Self::TooManyShareFields => "Ask for at most 32 fields.",
            Self::Unauthorized => "Send a valid credential as Authorization: Bearer <credential>.",
            Self::UnknownClaimKey => "Ask only for claims of the claim catalogue.",
            Self::WebhookEndpointUnavailable => {
                "Name enabled endpoints of the organization, or leave webhook_endpoint_id out."
            }
            Self::WebhookPayloadExpired => {
                "Payload expired or already delivered: start a new verification, or handle the \
                 event by hand."
            }
            Self::WebhookUrlRejected => "Give an https URL of a public host.",
        }
    }

    /// Returns the URL of the page about the code, where it has one, else of the page about the
    /// operation (contract 4.1).
    pub(crate) fn docs(self, operation: &str) -> String {
        let page = match self {
            Self::OrganizationFrozen => return DOCS_FROZEN.to_owned(),
            Self::ApiKeyNotDeleted => "errors#api_key_not_deleted",
            Self::ApiKeyNotFound => "errors#api_key_not_found",
            Self::Forbidden => "errors#forbidden",
            Self::InternalServerError => "errors#internal_server_error",
            Self::PayloadTooLarge
            | Self::RateLimited
            | Self::ServiceUnavailable
            | Self::Unauthorized => DOCS_ERRORS,
            Self::WebhookPayloadExpired => "webhooks/deliveries#payload-retention",
            Self::BadRequest
            | Self::CancelTokenInvalid
            | Self::CancelTokenUsed
            | Self::Conflict
            | Self::InvalidAgeGateKey
            | Self::InvalidClaims
            | Self::InvalidRedirectUrl
            | Self::InvalidRequest
            | Self::InvalidSessionId
            | Self::InvalidShareFields
            | Self::LimitReached
            | Self::MultipleAgeGatesNotAllowed
            | Self::NotFound
            | Self::ReasonRequired
            | Self::ReasonTooLong
            | Self::SessionExpired
            | Self::SessionNotFound
            | Self::TooManyShareFields
            | Self::UnknownClaimKey
            | Self::WebhookEndpointUnavailable
            | Self::WebhookUrlRejected => operation,
        };
        [DOCS_BASE, page].concat()
    }
}
