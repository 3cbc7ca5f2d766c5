//! The encryption key: the customer's public JWK, which decides who can read (contract 2.5).

use kayle_crypto::PublicJwk;
use kayle_primitives::{EncryptionKeyId, EndpointId, OrganizationId, Timestamp, UnknownName};
use strum::{EnumIter, EnumString, IntoStaticStr};

/// The only algorithm: RSA-OAEP with SHA-256 (RFC 7518, section 4.3).
pub const ALGORITHM: &str = "RSA-OAEP-256";
/// The only key type.
pub const KEY_TYPE: &str = "RSA";
/// The longest `key_id`, in characters.
pub const KEY_ID_CHARS_MAX: usize = 128;
/// A registered key. At most one per endpoint is active.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EncryptionKey {
    /// Its id.
    pub id: EncryptionKeyId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// The endpoint it belongs to.
    pub endpoint_id: EndpointId,
    /// The customer's own name for it: `kid` of every JWE made with it.
    pub key_id: KeyId,
    /// The public numbers.
    pub jwk: PublicJwk,
    /// When it was registered.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// When it stopped being the active one, or was registered without becoming it; `None` while
    /// it is.
    pub disabled_at: Option<Timestamp>,
    /// Whether somebody has shown to have its private half.
    pub proof: Option<KeyProof>,
}

/// That somebody has shown to have the private half of a key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct KeyProof {
    /// When it was shown first.
    pub at: Timestamp,
    /// Who has shown it; whoever says more, if several have.
    pub by: Prover,
}

/// Who has shown to have a private half, the one that says more later.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, IntoStaticStr, EnumString, EnumIter,
)]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownName<Prover>, parse_err_fn = UnknownName::of)]
pub enum Prover {
    /// Whoever calls the service: the two halves belong together.
    Caller,
    /// The program that receives deliveries: what is running decrypts.
    Receiver,
}

impl Prover {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl EncryptionKey {
    /// Returns whether later events are encrypted with it.
    pub fn is_active(&self) -> bool {
        self.disabled_at.is_none()
    }

    /// Returns the key after a proof; `None` if that says no more than is known. The first moment
    /// stays.
    #[must_use]
    pub fn proven(&self, by: Prover, now: Timestamp) -> Option<Self> {
        let at = match self.proof {
            Some(known) if by <= known.by => return None,
            Some(known) => known.at,
            None => now,
        };
        Some(Self {
            proof: Some(KeyProof { at, by }),
            updated_at: now,
            ..self.clone()
        })
    }
}

/// The customer's own name for a key: 1 to 128 characters, verbatim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyId(String);

/// The text is no key id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must have 1 to {KEY_ID_CHARS_MAX} characters")]
pub struct InvalidKeyId;

impl KeyId {
    /// Checks the length; nothing is trimmed.
    pub fn parse(text: &str) -> Result<Self, InvalidKeyId> {
        if text.is_empty() || text.chars().count() > KEY_ID_CHARS_MAX {
            return Err(InvalidKeyId);
        }
        Ok(Self(text.to_owned()))
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests;
