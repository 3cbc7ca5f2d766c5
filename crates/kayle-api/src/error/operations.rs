//! Which code each error of an operation has.

use kayle_app::Missing;
use kayle_app::access::AuthenticateError;
use kayle_app::api_keys::CreateApiKeyError;
use kayle_app::deliveries::RetryDeliveryError;
use kayle_app::encryption_keys::{ChallengeKeyError, ProveKeyError, RegisterKeyError};
use kayle_app::endpoints::{CreateEndpointError, RevealSecretError, TestEndpointError};
use kayle_app::events::ReplayEventError;
use kayle_app::ports::store::StoreError;
use kayle_app::privacy::WithdrawError;
use kayle_app::quotas::{LimitReached, TooMany};
use kayle_app::sessions::{BeginSessionError, CreateSessionError, ReportAttemptError};
use kayle_endpoints::{InvalidJwk, KeyTextError, UrlRefusal};
use kayle_sessions::share_contract::{REASON_CHARS_MAX, SHARE_FIELDS_MAX};
use kayle_sessions::{InvalidRedirectUrl, InvalidShareContract};

use super::{ApiError, ErrorCode};
use crate::extract::echoed_name;

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Unavailable(_) | StoreError::Conflict => Self::unavailable(error),
            StoreError::Corrupt { .. } => Self::internal(error),
        }
    }
}

impl From<AuthenticateError> for ApiError {
    fn from(error: AuthenticateError) -> Self {
        match error {
            AuthenticateError::Invalid => Self::new(
                ErrorCode::Unauthorized,
                "the credential is missing or not valid",
            ),
            AuthenticateError::Frozen => Self::frozen(),
            AuthenticateError::Store(error) => error.into(),
        }
    }
}

impl From<UrlRefusal> for ApiError {
    fn from(refusal: UrlRefusal) -> Self {
        let code = match refusal {
            UrlRefusal::TooLong => ErrorCode::BadRequest,
            UrlRefusal::Invalid
            | UrlRefusal::Credentials
            | UrlRefusal::Scheme
            | UrlRefusal::Loopback
            | UrlRefusal::Ipv4Literal
            | UrlRefusal::Ipv6Literal
            | UrlRefusal::Port
            | UrlRefusal::Hostname
            | UrlRefusal::ReservedHostname => ErrorCode::WebhookUrlRejected,
        };
        Self::new(code, format!("url {refusal}"))
    }
}

impl From<Missing> for ApiError {
    fn from(error: Missing) -> Self {
        match error {
            Missing::NotFound { what, .. } => Self::not_found(what),
            Missing::Store(error) => error.into(),
        }
    }
}

impl From<LimitReached> for ApiError {
    fn from(error: LimitReached) -> Self {
        Self::new(ErrorCode::LimitReached, error.to_string())
    }
}

impl From<TooMany> for ApiError {
    fn from(error: TooMany) -> Self {
        Self::rate_limited(error.to_string(), error.retry_after)
    }
}

impl From<CreateEndpointError> for ApiError {
    fn from(error: CreateEndpointError) -> Self {
        match error {
            CreateEndpointError::LimitReached(error) => error.into(),
            CreateEndpointError::Store(error) => error.into(),
        }
    }
}

impl From<CreateApiKeyError> for ApiError {
    fn from(error: CreateApiKeyError) -> Self {
        match error {
            CreateApiKeyError::Organization(error) => error.into(),
            CreateApiKeyError::LimitReached(error) => error.into(),
        }
    }
}

impl From<RevealSecretError> for ApiError {
    fn from(error: RevealSecretError) -> Self {
        match error {
            RevealSecretError::NotFound => Self::not_found("endpoint"),
            RevealSecretError::Missing | RevealSecretError::Sealed(_) => Self::internal(error),
            RevealSecretError::Store(error) => error.into(),
        }
    }
}

impl From<TestEndpointError> for ApiError {
    fn from(error: TestEndpointError) -> Self {
        match error {
            TestEndpointError::NotFound => Self::not_found("endpoint"),
            TestEndpointError::KeyNotFound => Self::not_found("encryption key"),
            TestEndpointError::TooMany(error) => error.into(),
            TestEndpointError::Store(error) => error.into(),
        }
    }
}

impl From<InvalidJwk> for ApiError {
    fn from(error: InvalidJwk) -> Self {
        Self::bad_request(error.to_string()).with_hint(JWK_HINT)
    }
}

const JWK_HINT: &str = "Supply the public part of an RSA key of at least 2048 bits, as a JWK for \
                        RSA-OAEP-256 without any private member, or as a PEM.";

const PRIVATE_KEY_HINT: &str = "Nothing of the private key was kept, but it has left your hands: \
                                make a new pair, and send only its public half.";

impl From<RegisterKeyError> for ApiError {
    fn from(error: RegisterKeyError) -> Self {
        match error {
            RegisterKeyError::EndpointNotFound => Self::not_found("endpoint"),
            RegisterKeyError::Jwk(error) => error.into(),
            RegisterKeyError::TooMany(error) => error.into(),
            RegisterKeyError::Store(error) => error.into(),
        }
    }
}

impl From<ChallengeKeyError> for ApiError {
    fn from(error: ChallengeKeyError) -> Self {
        match error {
            ChallengeKeyError::Missing(error) => error.into(),
            ChallengeKeyError::Unreadable(_) | ChallengeKeyError::Encrypt(_) => {
                Self::internal(error)
            }
        }
    }
}

impl From<ProveKeyError> for ApiError {
    fn from(error: ProveKeyError) -> Self {
        let code = match error {
            ProveKeyError::NoChallenge => ErrorCode::Conflict,
            ProveKeyError::WrongNonce => ErrorCode::InvalidRequest,
            ProveKeyError::Missing(error) => return error.into(),
        };
        Self::new(code, error.to_string()).with_hint(
            "Ask for a challenge, decrypt it with the private key, and send the plaintext.",
        )
    }
}

impl From<RetryDeliveryError> for ApiError {
    fn from(error: RetryDeliveryError) -> Self {
        match error {
            RetryDeliveryError::NotFound => Self::not_found("delivery"),
            RetryDeliveryError::InProgress | RetryDeliveryError::IsTest => {
                Self::new(ErrorCode::Conflict, error.to_string())
            }
            RetryDeliveryError::PayloadGone => {
                Self::new(ErrorCode::WebhookPayloadExpired, error.to_string())
            }
            RetryDeliveryError::Store(error) => error.into(),
        }
    }
}

impl From<ReplayEventError> for ApiError {
    fn from(error: ReplayEventError) -> Self {
        match error {
            ReplayEventError::NotFound => Self::not_found("event"),
            ReplayEventError::PayloadsGone => {
                Self::new(ErrorCode::WebhookPayloadExpired, error.to_string())
            }
            ReplayEventError::NothingReplayable | ReplayEventError::IsTest => {
                Self::new(ErrorCode::Conflict, error.to_string())
            }
            ReplayEventError::Store(error) => error.into(),
        }
    }
}

impl From<InvalidRedirectUrl> for ApiError {
    fn from(error: InvalidRedirectUrl) -> Self {
        Self::new(ErrorCode::InvalidRedirectUrl, error.to_string())
    }
}

impl From<InvalidShareContract> for ApiError {
    fn from(error: InvalidShareContract) -> Self {
        let code = match &error {
            InvalidShareContract::TooManyFields(_) => ErrorCode::TooManyShareFields,
            InvalidShareContract::UnknownClaimKey(_) => ErrorCode::UnknownClaimKey,
            InvalidShareContract::InvalidAgeGate(_) => ErrorCode::InvalidAgeGateKey,
            InvalidShareContract::MultipleAgeGates(..) => ErrorCode::MultipleAgeGatesNotAllowed,
            InvalidShareContract::ReasonRequired(_) => ErrorCode::ReasonRequired,
            InvalidShareContract::ReasonTooLong(_) => ErrorCode::ReasonTooLong,
        };
        Self::new(code, explain_share_contract(&error))
    }
}

/// Says what is wrong, and where in the body. Of a key that the caller made up, only a part is
/// repeated.
fn explain_share_contract(error: &InvalidShareContract) -> String {
    match error {
        InvalidShareContract::TooManyFields(count) => {
            format!("share_fields names {count} fields, at most {SHARE_FIELDS_MAX} are possible")
        }
        InvalidShareContract::UnknownClaimKey(key) => {
            let key = echoed_name(key);
            format!(
                "share_fields.{}",
                InvalidShareContract::UnknownClaimKey(key)
            )
        }
        InvalidShareContract::InvalidAgeGate(key) => {
            let key = echoed_name(key);
            format!("share_fields.{}", InvalidShareContract::InvalidAgeGate(key))
        }
        InvalidShareContract::MultipleAgeGates(one, other) => {
            format!("share_fields names more than one age gate: {one} and {other}")
        }
        InvalidShareContract::ReasonRequired(key) => {
            format!("share_fields.{key}.reason is required")
        }
        InvalidShareContract::ReasonTooLong(key) => {
            format!("share_fields.{key}.reason must have at most {REASON_CHARS_MAX} characters")
        }
    }
}

impl From<CreateSessionError> for ApiError {
    fn from(error: CreateSessionError) -> Self {
        match error {
            CreateSessionError::EndpointUnavailable(_) => {
                let message = format!("webhook_endpoint_id {error}");
                Self::new(ErrorCode::WebhookEndpointUnavailable, message)
            }
            CreateSessionError::TooMany(error) => error.into(),
            CreateSessionError::Store(error) => error.into(),
        }
    }
}

impl From<BeginSessionError> for ApiError {
    fn from(error: BeginSessionError) -> Self {
        match error {
            BeginSessionError::NotFound => Self::not_found("session"),
            BeginSessionError::Terminal(_) => Self::new(ErrorCode::Conflict, error.to_string()),
            BeginSessionError::Expired => Self::new(ErrorCode::SessionExpired, error.to_string()),
            BeginSessionError::Store(error) => error.into(),
        }
    }
}

impl From<ReportAttemptError> for ApiError {
    fn from(error: ReportAttemptError) -> Self {
        match error {
            ReportAttemptError::NotFound => Self::not_found("session"),
            ReportAttemptError::Terminal(_) | ReportAttemptError::AttemptIdReused(_) => {
                Self::new(ErrorCode::Conflict, error.to_string())
            }
            ReportAttemptError::Expired => Self::new(ErrorCode::SessionExpired, error.to_string()),
            ReportAttemptError::Claims(_) => {
                Self::new(ErrorCode::InvalidClaims, format!("claims.{error}"))
            }
            ReportAttemptError::Store(error) => error.into(),
        }
    }
}

impl From<WithdrawError> for ApiError {
    fn from(error: WithdrawError) -> Self {
        let code = match error {
            WithdrawError::NotFound => ErrorCode::SessionNotFound,
            WithdrawError::TokenMismatch => ErrorCode::CancelTokenInvalid,
            WithdrawError::TokenUsed => ErrorCode::CancelTokenUsed,
            WithdrawError::Store(error) => return error.into(),
        };
        Self::new(code, error.to_string())
    }
}

impl ApiError {
    /// Says why the text of a member is not taken for a public key.
    pub(crate) fn key_text(member: &str, error: KeyTextError) -> Self {
        let hint = match error {
            KeyTextError::Private => PRIVATE_KEY_HINT,
            KeyTextError::NotRsa | KeyTextError::Unreadable => JWK_HINT,
        };
        Self::field(member, error).with_hint(hint)
    }

    /// Says why an API key could not be changed. A missing one is a 400 (contract 3.7).
    pub(crate) fn updating_api_key(error: Missing) -> Self {
        Self::missing_api_key(error, ErrorCode::ApiKeyNotFound)
    }

    /// Says why an API key could not be deleted. A missing one is a 400 (contract 3.7).
    pub(crate) fn deleting_api_key(error: Missing) -> Self {
        Self::missing_api_key(error, ErrorCode::ApiKeyNotDeleted)
    }

    fn missing_api_key(error: Missing, code: ErrorCode) -> Self {
        match error {
            Missing::NotFound { .. } => Self::new(code, "API key not found"),
            Missing::Store(error) => error.into(),
        }
    }
}
