//! Sessions and their attempts in the store.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use kayle_primitives::{
    AttemptId, DeliveryId, EventId, OrganizationId, Page, PageRequest, SessionId, Timestamp,
};
use kayle_sessions::{Attempt, Session, SessionStatus};

use super::{Batch, NewDelivery, NewEvent, Portion, StoreError, report_damage};

/// Which sessions to list; `None` means any. Both bounds are inclusive.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SessionFilter {
    /// In this status.
    pub status: Option<SessionStatus>,
    /// Not created before.
    pub created_from: Option<Timestamp>,
    /// Not created after.
    pub created_to: Option<Timestamp>,
}

/// An attempt with the fingerprint of the report that made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedAttempt {
    /// The attempt.
    pub attempt: Attempt,
    /// Keyed hash of the report's content, lowercase hex.
    pub fingerprint: String,
}

/// One step of a session with all that is written of it: everything or nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SessionStep {
    /// The next revision of the session.
    pub session: Session,
    /// The attempt that the step records.
    pub attempt: Option<RecordedAttempt>,
    /// The events that it causes.
    pub events: Vec<NewEvent>,
    /// Their deliveries.
    pub deliveries: Vec<NewDelivery>,
}

/// What one report, cancel or expiry left behind.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Caused {
    /// In the order they happened.
    pub events: Vec<EventId>,
    /// In the order of the events, then of the endpoints.
    pub deliveries: Vec<DeliveryId>,
}

/// Reads sessions.
#[async_trait]
pub trait SessionReads: Sync {
    /// Finds one.
    async fn find_session(
        &self,
        organization_id: OrganizationId,
        id: &SessionId,
    ) -> Result<Option<Session>, StoreError>;

    /// Counts the sessions of an organization that have not ended, up to `at_most`.
    async fn count_open_sessions(
        &self,
        organization_id: OrganizationId,
        at_most: usize,
    ) -> Result<usize, StoreError>;

    /// Finds one of any organization, for the intake and for the person's own cancel.
    async fn find_session_for_intake(&self, id: &SessionId) -> Result<Option<Session>, StoreError>;

    /// Finds sessions of any organization, for the intake. Missing ones are left out; one that
    /// cannot be read is an error of its own.
    async fn find_sessions_for_intake(
        &self,
        ids: &BTreeSet<SessionId>,
    ) -> Result<BTreeMap<SessionId, Result<Session, StoreError>>, StoreError> {
        let mut found = BTreeMap::new();
        for id in ids {
            let session = self.find_session_for_intake(id).await;
            if let Some(session) = unless_unavailable(session.transpose())? {
                found.insert(id.clone(), session);
            }
        }
        Ok(found)
    }

    /// Finds attempts of any session, for the intake. Missing ones are left out; one that cannot
    /// be read is an error of its own.
    async fn find_attempts_for_intake(
        &self,
        ids: &BTreeSet<AttemptId>,
    ) -> Result<BTreeMap<AttemptId, Result<RecordedAttempt, StoreError>>, StoreError> {
        let mut found = BTreeMap::new();
        for id in ids {
            let attempt = self.find_attempt_for_intake(id).await;
            if let Some(attempt) = unless_unavailable(attempt.transpose())? {
                found.insert(id.clone(), attempt);
            }
        }
        Ok(found)
    }

    /// Finds an attempt of any session, for the intake: its id is an idempotency key.
    async fn find_attempt_for_intake(
        &self,
        id: &AttemptId,
    ) -> Result<Option<RecordedAttempt>, StoreError>;

    /// Returns the events and deliveries that the report of an attempt caused.
    async fn caused_by_attempt(&self, id: &AttemptId) -> Result<Caused, StoreError>;

    /// Returns a page in the order of the ids, after the cursor as a text.
    async fn list_sessions(
        &self,
        organization_id: OrganizationId,
        filter: &SessionFilter,
        page: &PageRequest<SessionId>,
    ) -> Result<Page<Session>, StoreError>;

    /// Returns a portion of the active sessions whose window has passed, the longest first.
    async fn overdue_sessions(
        &self,
        now: Timestamp,
        portion: Portion,
    ) -> Result<Batch<Session>, StoreError>;
}

/// Changes sessions.
#[async_trait]
pub trait SessionWrites {
    /// Adds one.
    async fn insert_session(&mut self, session: &Session) -> Result<(), StoreError>;

    /// Saves the next revision of a session.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the stored revision is not the one before.
    async fn save_session(&mut self, session: &Session) -> Result<(), StoreError>;

    /// Adds an attempt.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the id is taken.
    async fn insert_attempt(&mut self, attempt: &RecordedAttempt) -> Result<(), StoreError>;
}

/// Takes an error apart that concerns one row from one that concerns the store.
fn unless_unavailable<T>(
    found: Option<Result<T, StoreError>>,
) -> Result<Option<Result<T, StoreError>>, StoreError> {
    match found {
        Some(Err(error @ StoreError::Unavailable(_))) => Err(error),
        Some(Err(error)) => {
            report_damage(&error);
            Ok(Some(Err(error)))
        }
        found => Ok(found),
    }
}
