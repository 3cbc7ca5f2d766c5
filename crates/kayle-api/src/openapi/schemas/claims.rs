//! The claim catalogue (contract 6.3).

use kayle_events::ClaimKey;
use kayle_events::claims::STATIC_CLAIMS;
use utoipa::openapi::schema::ObjectBuilder;

use crate::openapi::schema::matching;

/// The name of a claim that a customer can ask for, or that the older generation carries.
pub(super) fn claim_key() -> ObjectBuilder {
    let names = STATIC_CLAIMS.join("|");
    let photo = ClaimKey::DOCUMENT_PHOTO;
    matching(
        format!("^({names}|{photo}|age_over_{AGE})$"),
        "A claim of the catalogue.",
    )
}

/// 12 to 130.
const AGE: &str = "(1[2-9]|[2-9][0-9]|1[0-2][0-9]|130)";
