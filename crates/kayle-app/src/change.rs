//! Changes: what a caller asks for is written together with its row in the audit log, and what
//! loses a race is decided anew.

use std::future::Future;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use serde_json::Value;

use crate::Webhooks;
use crate::access::Caller;
use crate::audit::{AuditAction, AuditEntry};
use crate::limits::CONFLICT_RETRIES_MAX;
use crate::ports::store::{Reads, SessionStep, Store, StoreError, StoreTx, SweepTurn};

/// The store as the operations have it. What a caller asks for is begun by [`Webhooks::change`];
/// everything else has to say that it is not audited.
pub(crate) struct AuditedStore(Arc<dyn Store>);

impl AuditedStore {
    pub(crate) fn new(store: Arc<dyn Store>) -> Self {
        Self(store)
    }

    /// Returns what can be read outside a transaction.
    pub(crate) fn reads(&self) -> &dyn Reads {
        self.0.reads()
    }

    /// Begins what no caller asks for by name: sweeps, purges, reports and what a node notes of
    /// itself.
    pub(crate) async fn unaudited(&self) -> Result<Box<dyn StoreTx>, StoreError> {
        self.0.begin().await
    }

    /// Writes steps that no caller asks for by name; see [`Store::write_steps`].
    pub(crate) async fn write_steps(
        &self,
        steps: &[&SessionStep],
    ) -> Result<Vec<bool>, StoreError> {
        self.0.write_steps(steps).await
    }

    /// See [`Store::sweep_turn`].
    pub(crate) async fn sweep_turn(&self) -> Result<Option<SweepTurn>, StoreError> {
        self.0.sweep_turn().await
    }
}

/// A transaction that is run for a caller. Dropped, it changes nothing; the only way to commit it
/// says in the audit log what was done.
pub(crate) struct Change<'a> {
    webhooks: &'a Webhooks,
    caller: Caller,
    tx: Box<dyn StoreTx>,
}

impl Webhooks {
    /// Begins what `caller` asks for.
    pub(crate) async fn change(&self, caller: &Caller) -> Result<Change<'_>, StoreError> {
        Ok(Change {
            webhooks: self,
            caller: caller.clone(),
            tx: self.store.0.begin().await?,
        })
    }
}

impl Change<'_> {
    /// Commits it, with a row in the audit log of the caller's organization: what was done to the
    /// thing with this id, and what else is worth knowing.
    pub(crate) async fn commit(
        mut self,
        action: AuditAction,
        subject_id: &str,
        details: Value,
    ) -> Result<(), StoreError> {
        let entry = AuditEntry {
            action,
            subject_id,
            details,
        };
        let tx = &mut *self.tx;
        self.webhooks.audit(tx, &self.caller, entry).await?;
        self.tx.commit().await
    }
}

impl Deref for Change<'_> {
    type Target = dyn StoreTx;

    fn deref(&self) -> &Self::Target {
        &*self.tx
    }
}

impl DerefMut for Change<'_> {
    fn deref_mut(&mut self) -> &mut Self::Target {
        &mut *self.tx
    }
}

/// Runs an operation until it has a result. It has none (`None`) when another change came first:
/// then it reads again, and decides anew.
///
/// # Errors
/// Those of the operation; [`StoreError::Conflict`] if another change came first every time.
pub(crate) async fn until_settled<T, E, F>(operation: impl Fn() -> F) -> Result<T, E>
where
    E: From<StoreError>,
    F: Future<Output = Result<Option<T>, E>>,
{
    for _ in 0..CONFLICT_RETRIES_MAX {
        if let Some(result) = operation().await? {
            return Ok(result);
        }
    }
    Err(StoreError::Conflict.into())
}

/// Turns a conflict into `None`: another change came first.
pub(crate) fn unless_conflict<T>(result: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match result {
        Ok(result) => Ok(Some(result)),
        Err(StoreError::Conflict) => Ok(None),
        Err(error @ (StoreError::Unavailable(_) | StoreError::Corrupt { .. })) => Err(error),
    }
}
