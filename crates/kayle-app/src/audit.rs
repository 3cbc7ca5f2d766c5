//! The audit log: one row for every change that a person, an API key or an operator makes, in the
//! change's own transaction, hash-chained per organization. What operators do that belongs to no
//! organization has a chain of its own, under an id that is nobody's.
//!
//! Each row's keyed hash covers its content and the hash of the row before it; the head keeps the
//! last one. So an altered row, a missing row and a cut-off end all show. What age has purged is
//! covered too: the anchor keeps the last purged hash, and a row of its own says what was purged.

mod list;
mod record;
mod verify;

use kayle_primitives::{AuditId, OrganizationId, Timestamp};
use serde_json::{Map, Value};
use strum::IntoStaticStr;

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
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr)]
pub enum AuditAction {
    /// An endpoint was made.
    #[strum(serialize = "webhook_endpoint.created")]
    EndpointCreated,
    /// An endpoint was changed.
    #[strum(serialize = "webhook_endpoint.updated")]
    EndpointUpdated,
    /// An endpoint was deleted.
    #[strum(serialize = "webhook_endpoint.deleted")]
    EndpointDeleted,
    /// A test was sent to an endpoint.
    #[strum(serialize = "webhook_endpoint.tested")]
    EndpointTested,
    /// A signing secret was replaced.
    #[strum(serialize = "webhook_endpoint.signing_secret.rotated")]
    SigningSecretRotated,
    /// A signing secret was shown.
    #[strum(serialize = "webhook_endpoint.signing_secret.revealed")]
    SigningSecretRevealed,
    /// An encryption key was registered.
    #[strum(serialize = "webhook_encryption_key.registered")]
    EncryptionKeyRegistered,
    /// An encryption key was taken out of use.
    #[strum(serialize = "webhook_encryption_key.deactivated")]
    EncryptionKeyDeactivated,
    /// An encryption key was put back into use.
    #[strum(serialize = "webhook_encryption_key.reactivated")]
    EncryptionKeyReactivated,
    /// A challenge was made for an encryption key.
    #[strum(serialize = "webhook_encryption_key.challenged")]
    EncryptionKeyChallenged,
    /// An encryption key's challenge was met, or its receiver decrypted a test.
    #[strum(serialize = "webhook_encryption_key.proven")]
    EncryptionKeyProven,
    /// An encryption key's challenge was answered wrongly, and is used up.
    #[strum(serialize = "webhook_encryption_key.proof_failed")]
    EncryptionKeyProofFailed,
    /// A delivery was asked for again.
    #[strum(serialize = "webhook_delivery.retried")]
    DeliveryRetried,
    /// Deliveries that had failed were asked for again, up to 500 with one row.
    #[strum(serialize = "webhook_deliveries.retried")]
    DeliveriesRetried,
    /// An event was asked for again.
    #[strum(serialize = "webhook_event.replayed")]
    EventReplayed,
    /// A session was opened.
    #[strum(serialize = "session.created")]
    SessionCreated,
    /// A session was cancelled.
    #[strum(serialize = "session.cancelled")]
    SessionCancelled,
    /// A check failed, and the session goes on: no event tells of it.
    #[strum(serialize = "session.check.failed")]
    CheckFailed,
    /// The person withdrew.
    #[strum(serialize = "session.privacy_request.submitted")]
    PrivacyRequestSubmitted,
    /// An API key was made.
    #[strum(serialize = "api_key.created")]
    ApiKeyCreated,
    /// An API key was changed.
    #[strum(serialize = "api_key.updated")]
    ApiKeyUpdated,
    /// An API key was deleted.
    #[strum(serialize = "api_key.deleted")]
    ApiKeyDeleted,
    /// An operator made a dashboard session.
    #[strum(serialize = "session_token.created")]
    SessionTokenCreated,
    /// A person signed in by a link.
    #[strum(serialize = "session_token.signed_in")]
    SignedIn,
    /// An operator made a service token.
    #[strum(serialize = "service_token.created")]
    ServiceTokenCreated,
    /// An operator revoked a service token.
    #[strum(serialize = "service_token.revoked")]
    ServiceTokenRevoked,
    /// The organization was made.
    #[strum(serialize = "organization.created")]
    OrganizationCreated,
    /// The organization's deletion was asked for.
    #[strum(serialize = "organization.frozen")]
    OrganizationFrozen,
    /// The organization's deletion was called off.
    #[strum(serialize = "organization.unfrozen")]
    OrganizationUnfrozen,
    /// The secret key was changed: from this row on the log is sealed with another one.
    #[strum(serialize = "secret_key.rotated")]
    SecretKeyRotated,
    /// Rows of this log were purged by age.
    #[strum(serialize = "audit_log.purged")]
    AuditPurged,
}

impl AuditAction {
    /// Returns the name in the log.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}
