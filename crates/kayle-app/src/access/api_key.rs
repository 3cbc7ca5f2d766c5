//! The record of an API key (contract 2.9). Its plaintext is shown once and kept nowhere.

use std::collections::BTreeMap;

use kayle_primitives::{ApiKeyId, OrganizationId, Timestamp};

use super::Scope;

// The longest name, in characters.
/// The longest name, in characters.
pub const NAME_CHARS_MAX: usize = 120;
/// The most entries of the metadata.
pub const METADATA_KEYS_MAX: usize = 20;
/// The longest key of an entry, in characters.
pub const METADATA_KEY_CHARS_MAX: usize = 64;
/// The longest text of an entry, in characters.
pub const METADATA_TEXT_CHARS_MAX: usize = 512;

/// An API key without its plaintext.
#[derive(Debug, Clone, PartialEq)]
pub struct ApiKey {
    /// Its id.
    pub id: ApiKeyId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// For people.
    pub name: ApiKeyName,
    /// Whether it is accepted.
    pub enabled: bool,
    /// What it may do; unknown stored scopes are left out.
    pub scopes: Vec<Scope>,
    /// What the customer noted about it.
    pub metadata: ApiKeyMetadata,
    /// How many requests it authenticated.
    pub request_count: u64,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
}

/// A name for people: trimmed, 1 to 120 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ApiKeyName(String);

/// The text is no name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to {NAME_CHARS_MAX} characters after trimming")]
pub struct InvalidApiKeyName;

impl ApiKeyName {
    /// Trims and checks a name.
    pub fn parse(text: &str) -> Result<Self, InvalidApiKeyName> {
        let text = text.trim();
        if text.is_empty() || NAME_CHARS_MAX < text.chars().count() {
            return Err(InvalidApiKeyName);
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// What a customer notes about a key: at most 20 short values by name.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ApiKeyMetadata(BTreeMap<String, MetadataValue>);

/// One noted value.
#[derive(Debug, Clone, PartialEq)]
pub enum MetadataValue {
    /// At most 512 characters.
    Text(String),
    /// A finite number.
    Number(serde_json::Number),
    /// A boolean.
    Boolean(bool),
}

/// The values are no metadata.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidMetadata {
    /// More than 20 keys.
    #[error("must have at most {METADATA_KEYS_MAX} keys")]
    TooManyKeys,
    /// A key that is not 1 to 64 of the allowed characters.
    #[error("must have keys of 1 to {METADATA_KEY_CHARS_MAX} characters of A-Za-z0-9_.:-")]
    Key,
    /// A text over 512 characters.
    #[error("must have texts of at most {METADATA_TEXT_CHARS_MAX} characters")]
    TextTooLong,
}

impl ApiKeyMetadata {
    /// Checks keys and values.
    pub fn new(values: BTreeMap<String, MetadataValue>) -> Result<Self, InvalidMetadata> {
        if METADATA_KEYS_MAX < values.len() {
            return Err(InvalidMetadata::TooManyKeys);
        }
        for (key, value) in &values {
            if !is_key(key) {
                return Err(InvalidMetadata::Key);
            }
            if let MetadataValue::Text(text) = value
                && METADATA_TEXT_CHARS_MAX < text.chars().count()
            {
                return Err(InvalidMetadata::TextTooLong);
            }
        }
        Ok(Self(values))
    }

    /// Returns the values by name.
    pub fn values(&self) -> &BTreeMap<String, MetadataValue> {
        &self.0
    }
}

fn is_key(key: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || b"_.:-".contains(&byte);
    (1..=METADATA_KEY_CHARS_MAX).contains(&key.len()) && key.bytes().all(fits)
}
