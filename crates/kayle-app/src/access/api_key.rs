//! The record of an API key (contract 2.9). Its plaintext is shown once and kept nowhere.

use kayle_primitives::{ApiKeyId, OrganizationId, Timestamp};

use super::Scope;

// The longest name, in characters.
const NAME_CHARS_MAX: usize = 120;

/// An API key without its plaintext.
#[derive(Debug, Clone, PartialEq, Eq)]
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

    /// Gives the name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
