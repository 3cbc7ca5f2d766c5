//! What must be true of what is kept, looked at as a whole: for operators, and for tests that end.
//!
//! Each look is one read of what was committed at that moment; none changes anything.

use async_trait::async_trait;
use kayle_crypto::Sealed;
use kayle_primitives::Timestamp;
use strum::{EnumIter, IntoStaticStr};

use super::StoreError;

/// How many ids a violation names at most: enough to look at one, few enough to print.
pub const EXAMPLES_MAX: usize = 5;

/// Looks for what must not be.
#[async_trait]
pub trait InvariantReads: Send + Sync {
    /// Returns every rule that something breaks, in the order of [`Invariant::STORED`].
    async fn violations(&self, overdue: &Overdue) -> Result<Vec<Violation>, StoreError>;

    /// Returns up to `limit` sealed signing secrets with the ids of their endpoints, in the order
    /// of these, from behind `after` on.
    async fn sealed_secrets(
        &self,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<(String, Sealed)>, StoreError>;
}

/// What is still open although it ended before these moments has been forgotten.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Overdue {
    /// For leases.
    pub leased_until: Timestamp,
    /// For payloads that expired.
    pub payload_expired_at: Timestamp,
    /// For deliveries that were due.
    pub due_at: Timestamp,
}

/// A rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, EnumIter, IntoStaticStr)]
#[strum(serialize_all = "snake_case")]
pub enum Invariant {
    /// A row can be read. Its examples name the column, too.
    RowIsReadable,
    /// An event has a delivery for every endpoint that wanted it. Only endpoints that have not
    /// been changed since a minute before the event can be judged.
    EventIsFannedOut,
    /// An event has at most one delivery for an endpoint.
    OneDeliveryPerEndpoint,
    /// A delivery's event is there, and of the same organization.
    DeliveryHasItsEvent,
    /// A delivery's endpoint is there, if only deleted, and of the same organization, and the key
    /// that it was encrypted to is one of the endpoint's.
    DeliveryHasItsEndpoint,
    /// A delivery that succeeded or was scrubbed has no bytes left.
    EndedDeliveryHasNoBytes,
    /// A delivery that stores a payload has its bytes.
    StoredPayloadHasBytes,
    /// A lease that ran out is taken over.
    LeaseIsTakenOver,
    /// A payload that expired is scrubbed.
    ExpiredPayloadIsScrubbed,
    /// A delivery that is due is claimed. A backlog breaks this rule, too: it is a warning.
    DueDeliveryIsClaimed,
    /// An organization's audit log is whole.
    AuditLogIsWhole,
    /// An endpoint's signing secret can be opened with the operator's keys.
    SigningSecretOpens,
}

/// A rule with what breaks it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The rule.
    pub invariant: Invariant,
    /// How many rows break it.
    pub count: u64,
    /// The first ones' ids, at most [`EXAMPLES_MAX`].
    pub examples: Vec<String>,
}

impl Violation {
    /// Returns the examples with commas between; dots say that there are more.
    pub fn named(&self) -> String {
        let is_all = u64::try_from(self.examples.len()).is_ok_and(|shown| self.count <= shown);
        let more = if is_all { "" } else { ", …" };
        format!("{}{more}", self.examples.join(", "))
    }
}

impl Invariant {
    /// Those that the store's rows show by themselves.
    pub const STORED: [Self; 10] = [
        Self::RowIsReadable,
        Self::EventIsFannedOut,
        Self::OneDeliveryPerEndpoint,
        Self::DeliveryHasItsEvent,
        Self::DeliveryHasItsEndpoint,
        Self::EndedDeliveryHasNoBytes,
        Self::StoredPayloadHasBytes,
        Self::LeaseIsTakenOver,
        Self::ExpiredPayloadIsScrubbed,
        Self::DueDeliveryIsClaimed,
    ];

    /// Returns its name for programs.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Says in a fragment what breaks it.
    pub fn broken_by(self) -> &'static str {
        match self {
            Self::RowIsReadable => "rows cannot be read and are passed over",
            Self::EventIsFannedOut => "events lack a delivery for an endpoint that wanted them",
            Self::OneDeliveryPerEndpoint => "deliveries repeat another of the same event",
            Self::DeliveryHasItsEvent => "deliveries have no event of their organization",
            Self::DeliveryHasItsEndpoint => {
                "deliveries have no endpoint of their organization, or a key of another endpoint"
            }
            Self::EndedDeliveryHasNoBytes => "deliveries keep bytes that should be gone",
            Self::StoredPayloadHasBytes => "deliveries have lost the bytes they need",
            Self::LeaseIsTakenOver => "leases ran out and nobody took over",
            Self::ExpiredPayloadIsScrubbed => "payloads expired and were not scrubbed",
            Self::DueDeliveryIsClaimed => "deliveries are due and nobody has claimed them",
            Self::AuditLogIsWhole => "audit logs are broken",
            Self::SigningSecretOpens => "endpoints have a signing secret that cannot be opened",
        }
    }

    /// Returns whether it may be broken for a while although nothing is wrong with the data.
    pub fn is_warning(self) -> bool {
        self == Self::DueDeliveryIsClaimed
    }
}
