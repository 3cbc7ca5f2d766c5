//! What the person shared. It does not show itself.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::{Map, Value};
use zeroize::Zeroizing;

/// The claims that are texts; `age_over_N` are booleans.
const TEXT_CLAIMS: [&str; 13] = [
    "date_of_birth",
    "document_expiry_date",
    "document_number",
    "document_photo",
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

/// The value of a claim. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub enum ClaimValue {
    /// A text; wiped from memory when dropped.
    Text(Zeroizing<String>),
    /// A boolean.
    Boolean(bool),
    /// Declined, as if it were absent.
    Null,
}

/// The claims of one person, by key. `Debug` tells how many there are, and nothing else.
#[derive(Clone, PartialEq, Eq)]
pub struct Claims(BTreeMap<String, ClaimValue>);

impl Claims {
    /// Returns the text of a claim; `None` if it was declined, is absent, or is no text.
    pub fn text(&self, key: &str) -> Option<&str> {
        match self.0.get(key)? {
            ClaimValue::Text(text) => Some(text),
            ClaimValue::Boolean(_) | ClaimValue::Null => None,
        }
    }

    /// Returns the value of an `age_over_N`; `None` if it was declined, is absent, or is no boolean.
    pub fn boolean(&self, key: &str) -> Option<bool> {
        match self.0.get(key)? {
            ClaimValue::Boolean(value) => Some(*value),
            ClaimValue::Text(_) | ClaimValue::Null => None,
        }
    }

    /// Returns everything.
    pub fn expose(&self) -> &BTreeMap<String, ClaimValue> {
        &self.0
    }

    /// Reads claims: known ones of their type, others text, boolean or null.
    pub(crate) fn read(members: Map<String, Value>) -> Option<Self> {
        let claims = members.into_iter().map(|(key, value)| {
            let value = claim(&key, value)?;
            Some((key, value))
        });
        claims.collect::<Option<_>>().map(Self)
    }
}

fn claim(key: &str, value: Value) -> Option<ClaimValue> {
    match value {
        Value::Null => Some(ClaimValue::Null),
        Value::Bool(value) if !TEXT_CLAIMS.contains(&key) => Some(ClaimValue::Boolean(value)),
        Value::String(text) if !is_age_gate(key) => Some(ClaimValue::Text(Zeroizing::new(text))),
        Value::Bool(_)
        | Value::String(_)
        | Value::Number(_)
        | Value::Array(_)
        | Value::Object(_) => None,
    }
}

fn is_age_gate(key: &str) -> bool {
    let digits = key.strip_prefix("age_over_").unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit())
}

impl fmt::Debug for Claims {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Claims({} keys)", self.0.len())
    }
}

impl fmt::Debug for ClaimValue {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<claim>")
    }
}
