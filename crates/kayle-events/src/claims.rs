//! The claim catalogue: what a verification can say about a person (contract 6.3).
//!
//! Values are personal data. They have no `Debug` that shows them and are wiped when dropped.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use zeroize::Zeroizing;

/// The twelve claims that exist for every document, in text order: the default share contract.
pub const STATIC_CLAIMS: [&str; 12] = [
    "date_of_birth",
    "document_expiry_date",
    "document_number",
    "document_type_code",
    "family_name",
    "given_names",
    "issuing_country_code",
    "kayle_document_id",
    "kayle_human_id",
    "mrz_optional_data",
    "nationality_code",
    "sex_marker",
];

const AGE_GATE_PREFIX: &str = "age_over_";
const AGE_MIN: u8 = 12;
const AGE_MAX: u8 = 130;

/// The name of a claim in the catalogue. Orders as its text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClaimKey(Cow<'static, str>);

/// What values a claim can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ClaimType {
    /// A string.
    Text,
    /// A string, or null even where the claim is required.
    NullableText,
    /// A boolean.
    Boolean,
}

/// The text names no claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnknownClaimKey {
    /// Not in the catalogue.
    #[error("is not in the claim catalogue")]
    NotInCatalogue,
    /// `age_over_` without a whole number from 12 to 130.
    #[error("must be age_over_N with a whole number N from 12 to 130")]
    AgeGate,
}

impl ClaimKey {
    /// The claim that every share contract holds.
    pub const KAYLE_DOCUMENT_ID: Self = Self(Cow::Borrowed("kayle_document_id"));
    /// The claim that an age gate is derived from.
    pub const DATE_OF_BIRTH: Self = Self(Cow::Borrowed("date_of_birth"));
    /// The portrait, which only the attempt event of the older generation carries.
    pub const DOCUMENT_PHOTO: Self = Self(Cow::Borrowed("document_photo"));
    const KAYLE_HUMAN_ID: &'static str = "kayle_human_id";

    /// Parses a claim's name, exactly.
    pub fn parse(text: &str) -> Result<Self, UnknownClaimKey> {
        if let Some(age) = text.strip_prefix(AGE_GATE_PREFIX) {
            return parse_age(age)
                .map(|age| Self(Cow::Owned(format!("{AGE_GATE_PREFIX}{age}"))))
                .ok_or(UnknownClaimKey::AgeGate);
        }
        Self::static_claims()
            .chain([Self::DOCUMENT_PHOTO])
            .find(|key| key.as_str() == text)
            .ok_or(UnknownClaimKey::NotInCatalogue)
    }

    /// Returns the twelve claims that exist for every document, in text order.
    pub fn static_claims() -> impl Iterator<Item = Self> {
        STATIC_CLAIMS
            .into_iter()
            .map(|name| Self(Cow::Borrowed(name)))
    }

    /// Returns the claim's name.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns whether this is an `age_over_N`.
    pub fn is_age_gate(&self) -> bool {
        self.0.starts_with(AGE_GATE_PREFIX)
    }

    /// Tells what values the claim can have.
    pub fn claim_type(&self) -> ClaimType {
        if self.is_age_gate() {
            ClaimType::Boolean
        } else if self.0 == Self::KAYLE_HUMAN_ID {
            ClaimType::NullableText
        } else {
            ClaimType::Text
        }
    }
}

fn parse_age(digits: &str) -> Option<u8> {
    let plain = !digits.starts_with('0') && digits.bytes().all(|byte| byte.is_ascii_digit());
    let age = plain.then(|| digits.parse().ok()).flatten()?;
    (AGE_MIN..=AGE_MAX).contains(&age).then_some(age)
}

impl fmt::Display for ClaimKey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// What is claimed. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub enum ClaimValue {
    /// A string; wiped from memory when dropped.
    Text(Zeroizing<String>),
    /// A boolean.
    Boolean(bool),
    /// The person declined, or there is nothing to say.
    Null,
}

impl fmt::Debug for ClaimValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<claim>")
    }
}

/// Everything that is claimed about one person, sorted by key.
pub type Claims = BTreeMap<ClaimKey, ClaimValue>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_catalogue_is_closed() {
        fn check(text: &str, expected: Result<ClaimType, UnknownClaimKey>) {
            assert_eq!(
                ClaimKey::parse(text).map(|key| key.claim_type()),
                expected,
                "{text:?}"
            );
        }
        check("family_name", Ok(ClaimType::Text));
        check("kayle_human_id", Ok(ClaimType::NullableText));
        check("document_photo", Ok(ClaimType::Text));
        check("age_over_12", Ok(ClaimType::Boolean));
        check("age_over_130", Ok(ClaimType::Boolean));
        check("age_over_11", Err(UnknownClaimKey::AgeGate));
        check("age_over_131", Err(UnknownClaimKey::AgeGate));
        check("age_over_018", Err(UnknownClaimKey::AgeGate));
        check("age_over_", Err(UnknownClaimKey::AgeGate));
        check("age_over_+18", Err(UnknownClaimKey::AgeGate));
        check("Family_name", Err(UnknownClaimKey::NotInCatalogue));
        check("", Err(UnknownClaimKey::NotInCatalogue));
    }

    #[test]
    fn the_static_claims_are_in_text_order() {
        assert!(STATIC_CLAIMS.is_sorted());
    }

    #[test]
    fn a_value_does_not_show_itself() {
        let claims = Claims::from([(
            ClaimKey::DATE_OF_BIRTH,
            ClaimValue::Text(Zeroizing::new("1867-11-07".to_owned())),
        )]);
        assert!(!format!("{claims:?}").contains("1867"));
    }
}
