//! The id of an API key's record (contract 2.1).

use kayle_primitives::ApiKeyId;
use uuid::Uuid;

/// The text is no such id.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct InvalidApiKeyId;

impl std::fmt::Display for InvalidApiKeyId {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("must be a UUID")
    }
}

/// Parses a UUID in its usual form, with hyphens and without braces.
pub(crate) fn api_key_id(text: &str) -> Result<ApiKeyId, InvalidApiKeyId> {
    let id = Uuid::parse_str(text).map_err(|_| InvalidApiKeyId)?;
    let is_usual = text.eq_ignore_ascii_case(&id.to_string());
    is_usual.then_some(ApiKeyId(id)).ok_or(InvalidApiKeyId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_usual_form_is_an_id() {
        fn check(text: &str, accepted: bool) {
            assert_eq!(api_key_id(text).is_ok(), accepted, "{text:?}");
        }
        check("6f9619ff-8b86-4d01-b42d-00cf4fc964ff", true);
        check("6F9619FF-8B86-4D01-B42D-00CF4FC964FF", true);
        check("6f9619ff8b864d01b42d00cf4fc964ff", false);
        check("{6f9619ff-8b86-4d01-b42d-00cf4fc964ff}", false);
        check("urn:uuid:6f9619ff-8b86-4d01-b42d-00cf4fc964ff", false);
        check("6f9619ff-8b86-4d01-b42d-00cf4fc964f", false);
        check("", false);
    }
}
