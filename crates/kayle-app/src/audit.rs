//! The audit log: one row for every change that a person, an API key or an operator makes, in the
//! change's own transaction, hash-chained per organization.
//!
//! Each row's keyed hash covers its content and the hash of the row before it; the head keeps the
//! last one. So an altered row, a missing row and a cut-off end all show. What age has purged is
//! covered too: the anchor keeps the last purged hash, and a row of its own says what was purged.

mod list;
mod record;
mod verify;

use kayle_primitives::{AuditId, OrganizationId, Timestamp};
use serde_json::{Map, Value};

use crate::access::Actor;

pub(crate) use record::AuditEntry;
pub use verify::{AuditBreak, VerifiedAudit};

/// One row of an organization's audit log.
#[derive(Debug, Clone, PartialEq)]
pub struct AuditRow {
    /// Its id.
    pub id: AuditId,
    /// Whose log it is in.
    pub organization_id: OrganizationId,
    /// Its place in the chain, from 1.
    pub sequence: u64,
    /// What was done.
    pub action: String,
    /// Who did it.
    pub actor: Actor,
    /// The id of what it was done to.
    pub subject_id: String,
    /// What else is worth knowing: the URL of a new endpoint (contract 3.2, E1), which its
    /// organization's admins can read anyway; never a secret, a token or a claim.
    pub details: Map<String, Value>,
    /// When it was done.
    pub created_at: Timestamp,
    /// The keyed hash of all this and of the row before, lowercase hex.
    pub hash: String,
}

/// The end of a chain: its last row, or nothing at sequence 0.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditLink {
    /// The row's place.
    pub sequence: u64,
    /// The row's hash; empty at sequence 0.
    pub hash: String,
}

/// Where the stored part of a chain begins and ends.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AuditChain {
    /// The last purged row.
    pub anchor: AuditLink,
    /// The last row.
    pub head: AuditLink,
}

/// What can be done, by its name in the log.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditAction {
    /// An endpoint was made.
    EndpointCreated,
    /// An endpoint was changed.
    EndpointUpdated,
    /// An endpoint was deleted.
    EndpointDeleted,
    /// A signing secret was replaced.
    SigningSecretRotated,
    /// A signing secret was shown.
    SigningSecretRevealed,
    /// An encryption key was registered.
    EncryptionKeyRegistered,
    /// An encryption key was taken out of use.
    EncryptionKeyDeactivated,
    /// An encryption key was put back into use.
    EncryptionKeyReactivated,
    /// A delivery was asked for again.
    DeliveryRetried,
    /// An event was asked for again.
    EventReplayed,
    /// A session was opened.
    SessionCreated,
    /// A session was cancelled.
    SessionCancelled,
    /// The person withdrew.
    PrivacyRequestSubmitted,
    /// An API key was made.
    ApiKeyCreated,
    /// An API key was changed.
    ApiKeyUpdated,
    /// An API key was deleted.
    ApiKeyDeleted,
    /// An operator made a dashboard session.
    SessionTokenCreated,
    /// The organization was made.
    OrganizationCreated,
    /// The organization's deletion was asked for.
    OrganizationFrozen,
    /// The organization's deletion was called off.
    OrganizationUnfrozen,
    /// Rows of this log were purged by age.
    AuditPurged,
}

impl AuditAction {
    /// Gives the name in the log.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::EndpointCreated => "webhook_endpoint.created",
            Self::EndpointUpdated => "webhook_endpoint.updated",
            Self::EndpointDeleted => "webhook_endpoint.deleted",
            Self::SigningSecretRotated => "webhook_endpoint.signing_secret.rotated",
            Self::SigningSecretRevealed => "webhook_endpoint.signing_secret.revealed",
            Self::EncryptionKeyRegistered => "webhook_encryption_key.registered",
            Self::EncryptionKeyDeactivated => "webhook_encryption_key.deactivated",
            Self::EncryptionKeyReactivated => "webhook_encryption_key.reactivated",
            Self::DeliveryRetried => "webhook_delivery.retried",
            Self::EventReplayed => "webhook_event.replayed",
            Self::SessionCreated => "session.created",
            Self::SessionCancelled => "session.cancelled",
            Self::PrivacyRequestSubmitted => "session.privacy_request.submitted",
            Self::ApiKeyCreated => "api_key.created",
            Self::ApiKeyUpdated => "api_key.updated",
            Self::ApiKeyDeleted => "api_key.deleted",
            Self::SessionTokenCreated => "session_token.created",
            Self::OrganizationCreated => "organization.created",
            Self::OrganizationFrozen => "organization.frozen",
            Self::OrganizationUnfrozen => "organization.unfrozen",
            Self::AuditPurged => "audit_log.purged",
        }
    }
}
