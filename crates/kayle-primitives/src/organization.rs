//! The organization: who owns everything, and the unit of isolation.

use std::fmt;

use uuid::Uuid;

use crate::entropy::Entropy;
use crate::id::random_uuid;
use crate::time::Timestamp;

/// The id of an organization, a random UUID.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OrganizationId(pub Uuid);

impl OrganizationId {
    /// Creates a fresh random id.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        Self(random_uuid(entropy))
    }
}

impl fmt::Display for OrganizationId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(formatter)
    }
}

/// A customer of Kayle ID.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Organization {
    /// Its id.
    pub id: OrganizationId,
    /// Its name, for people.
    pub name: String,
    /// When its deletion was asked for; `None` while it is in good standing.
    pub pending_deletion_at: Option<Timestamp>,
    /// When it was made.
    pub created_at: Timestamp,
}

impl Organization {
    /// Returns whether its deletion is pending: API keys are refused and deliveries pause
    /// (contract 5.4, 7.9).
    pub fn is_frozen(&self) -> bool {
        self.pending_deletion_at.is_some()
    }
}
