//! The store: what is kept, read one by one or by the page, and changed in transactions.
//!
//! Every method that a route can reach takes an [`OrganizationId`]: a row of another organization
//! is a missing row. The exceptions are the look-ups by a session's or an attempt's id, for those
//! who act for no organization: the intake, whose callers are Kayle's own services, and the person
//! who proves by the cancel token that the session is theirs.
//!
//! [`OrganizationId`]: kayle_primitives::OrganizationId

mod activity;
mod api_keys;
mod audit;
mod batch;
mod deliveries;
mod encryption_keys;
mod endpoints;
mod events;
mod invariants;
mod nodes;
mod organizations;
mod purge;
mod secret_keys;
mod service_tokens;
mod sessions;
mod sign_in;
mod system;

use std::sync::Arc;

use async_trait::async_trait;

pub use activity::{
    ActivityKey, ActivityReads, ActivityRow, ActivityWrites, HourCounts, Resolution, Waiting,
};
pub use api_keys::{ApiKeyHash, ApiKeyReads, ApiKeyWrites, FoundApiKey, Rehash};
pub use audit::{AuditReads, AuditWrites};
pub use batch::{Batch, Portion, report_damage};
pub use deliveries::{
    DeliveryFilter, DeliveryReads, DeliveryWrites, DuePlace, FailedCounts, FailedFilter,
    FailedPlace, FailedPortion, NewDelivery, ResumeScope,
};
pub use encryption_keys::{EncryptionKeyReads, EncryptionKeyWrites, KeyChallenge, LockedKey};
pub use endpoints::{EndpointReads, EndpointWrites, FanoutEndpoint};
pub use events::{EventFilter, EventReads, EventWithDeliveries, EventWrites, NewEvent};
pub use invariants::{EXAMPLES_MAX, Invariant, InvariantReads, Overdue, Violation};
pub use nodes::{Node, NodeReads, NodeRole, NodeWrites};
pub use organizations::{OrganizationReads, OrganizationWrites};
pub use purge::PurgeWrites;
pub use secret_keys::{KeptUnderKey, KeyUse, RetiredKey, SecretKeyReads, SecretKeyWrites};
pub use service_tokens::{ServiceToken, ServiceTokenReads, ServiceTokenWrites};
pub use sessions::{
    Caused, RecordedAttempt, SessionFilter, SessionReads, SessionStep, SessionWrites,
};
pub use sign_in::{SignInLink, SignInReads, SignInWrites};
pub use system::{FullAt, Gauges, OrganizationLoad, SystemReads};

/// Keeps everything.
#[async_trait]
pub trait Store: Send + Sync {
    /// Returns what can be read outside a transaction: each call sees all that was committed
    /// before.
    fn reads(&self) -> &dyn Reads;

    /// Begins a transaction. Dropping it without a commit undoes it.
    async fn begin(&self) -> Result<Box<dyn StoreTx>, StoreError>;

    /// Writes steps of different sessions in one transaction; returns for each, in order, whether
    /// it was written. One whose session has moved meanwhile is left out, with all that belongs to
    /// it.
    ///
    /// # Errors
    /// Nothing was written; [`StoreError::Conflict`] if one of them breaks a rule of the schema.
    async fn write_steps(&self, steps: &[&SessionStep]) -> Result<Vec<bool>, StoreError> {
        let mut tx = self.begin().await?;
        let mut written = Vec::with_capacity(steps.len());
        for step in steps {
            written.push(tx.write_step(step).await?);
        }
        tx.commit().await?;
        Ok(written)
    }

    /// Takes the turn to sweep, which one process has at a time; `None` if another has it. It ends
    /// when it is dropped, and when the process does. A store of one process always gives it.
    async fn sweep_turn(&self) -> Result<Option<SweepTurn>, StoreError> {
        Ok(Some(SweepTurn::new(())))
    }
}

/// The turn to sweep, until it is dropped.
pub struct SweepTurn(#[expect(dead_code, reason = "held, never read")] Box<dyn Send>);

impl SweepTurn {
    /// Wraps what ends the turn when it is dropped.
    pub fn new(held: impl Send + 'static) -> Self {
        Self(Box::new(held))
    }
}

/// A transaction: sees its own changes; others see them after the commit, all or none.
#[async_trait]
pub trait StoreTx:
    OrganizationWrites
    + ApiKeyWrites
    + AuditWrites
    + EndpointWrites
    + EncryptionKeyWrites
    + SessionWrites
    + EventWrites
    + DeliveryWrites
    + PurgeWrites
    + ActivityWrites
    + NodeWrites
    + SecretKeyWrites
    + ServiceTokenWrites
    + SignInWrites
    + Send
{
    /// Returns what can be read, the transaction's own changes included.
    fn reads(&self) -> &dyn Reads;

    /// Writes a step of a session; returns whether it did: nothing is written if the session has
    /// moved meanwhile.
    async fn write_step(&mut self, step: &SessionStep) -> Result<bool, StoreError> {
        match self.save_session(&step.session).await {
            Ok(()) => {}
            Err(StoreError::Conflict) => return Ok(false),
            Err(error) => return Err(error),
        }
        if let Some(attempt) = &step.attempt {
            self.insert_attempt(attempt).await?;
        }
        self.insert_events(&step.events).await?;
        self.insert_deliveries(&step.deliveries).await?;
        Ok(true)
    }

    /// Makes the changes durable.
    async fn commit(self: Box<Self>) -> Result<(), StoreError>;
}

/// Says once what [`Reads`] is made of: the trait, and that whatever is all of it is one.
macro_rules! reads {
    ($($part:ident)+) => {
        /// Everything that can be read.
        pub trait Reads: $($part +)+ Send + Sync {}

        impl<T> Reads for T where T: $($part +)+ Send + Sync {}
    };
}

reads! {
    OrganizationReads
    ApiKeyReads
    AuditReads
    EndpointReads
    EncryptionKeyReads
    SessionReads
    EventReads
    DeliveryReads
    NodeReads
    SecretKeyReads
    ServiceTokenReads
    ActivityReads
    SignInReads
}

/// Why the store could not do it. "Not found" is no error: it is an answer.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The database cannot be reached, is full, or is too busy. Trying again may help.
    #[error("the store is unavailable")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Another change came first, or a rule of the schema forbids it. Reading again helps.
    #[error("the change conflicts with one that came first")]
    Conflict,
    /// A stored value cannot be understood.
    #[error("{table}.{column} of {id} cannot be read")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The column.
        column: &'static str,
        /// The row.
        id: String,
    },
}

impl StoreError {
    /// Returns an error for one of several who asked together.
    pub(crate) fn shared(error: &Arc<Self>) -> Self {
        Self::Unavailable(Box::new(Arc::clone(error)))
    }
}
