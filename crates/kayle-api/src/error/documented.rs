//! The table of codes in `docs/errors.md` is the enum, in both directions.

use std::collections::BTreeSet;

use super::ErrorCode;

const PAGE: &str = include_str!("../../../../docs/errors.md");

/// Lists every code. The compiler names those that are left out: the `match` would not be complete.
macro_rules! every_code {
    ($($variant:ident)*) => {
        const EVERY_CODE: &[ErrorCode] = &[$(ErrorCode::$variant),*];

        const _: fn(ErrorCode) = |code| match code {
            $(ErrorCode::$variant => {})*
        };
    };
}

every_code! {
    ApiKeyNotDeleted
    ApiKeyNotFound
    BadRequest
    CancelTokenInvalid
    CancelTokenUsed
    Conflict
    Forbidden
    InternalServerError
    InvalidAgeGateKey
    InvalidClaims
    InvalidRedirectUrl
    InvalidRequest
    InvalidSessionId
    InvalidShareFields
    LimitReached
    MultipleAgeGatesNotAllowed
    NotFound
    OrganizationFrozen
    PayloadTooLarge
    RateLimited
    ReasonRequired
    ReasonTooLong
    ServiceUnavailable
    SessionExpired
    SessionNotFound
    TooManyShareFields
    Unauthorized
    UnknownClaimKey
    WebhookEndpointUnavailable
    WebhookPayloadExpired
    WebhookUrlRejected
}

#[test]
fn every_code_has_its_row_and_every_row_its_code() {
    let rows: Vec<String> = PAGE.lines().filter_map(documented).collect();
    let documented: BTreeSet<_> = rows.iter().cloned().collect();
    let answered: BTreeSet<String> = EVERY_CODE
        .iter()
        .map(|code| format!("{} {}", code.as_str(), code.status().as_u16()))
        .collect();

    let undocumented: Vec<_> = answered.difference(&documented).collect();
    let unknown: Vec<_> = documented.difference(&answered).collect();
    assert!(
        undocumented.is_empty() && unknown.is_empty(),
        "docs/errors.md lacks {undocumented:?}; the service never answers {unknown:?}"
    );
    assert_eq!(rows.len(), documented.len(), "a code has two rows");
}

/// Reads the code and the status of a table row.
fn documented(line: &str) -> Option<String> {
    let (code, rest) = line.strip_prefix("| `")?.split_once("` | ")?;
    let (status, _) = rest.split_once(" |")?;
    Some(format!("{code} {status}"))
}
