//! Sessions and their attempts in memory.

use async_trait::async_trait;
use kayle_app::ports::store::{
    Batch, Caused, Portion, RecordedAttempt, SessionFilter, SessionReads, SessionWrites, StoreError,
};
use kayle_primitives::{AttemptId, OrganizationId, Page, PageRequest, SessionId, Timestamp};
use kayle_sessions::Session;

use super::page::{by_id, cut};
use super::tables::{EventRow, insert_new};
use super::transaction::MemoryTx;
use super::view::View;

#[async_trait]
impl SessionReads for View {
    async fn find_session(
        &self,
        organization_id: OrganizationId,
        id: &SessionId,
    ) -> Result<Option<Session>, StoreError> {
        let found = self.find_session_for_intake(id).await?;
        Ok(found.filter(|session| session.organization_id == organization_id))
    }

    async fn find_session_for_intake(&self, id: &SessionId) -> Result<Option<Session>, StoreError> {
        Ok(self.tables()?.sessions.get(id).cloned())
    }

    async fn find_attempt_for_intake(
        &self,
        id: &AttemptId,
    ) -> Result<Option<RecordedAttempt>, StoreError> {
        Ok(self.tables()?.attempts.get(id).cloned())
    }

    async fn caused_by_attempt(&self, id: &AttemptId) -> Result<Caused, StoreError> {
        let tables = self.tables()?;
        let mut events: Vec<&EventRow> = tables
            .events
            .values()
            .filter(|row| row.event.attempt_id.as_ref() == Some(id))
            .collect();
        events.sort_by_key(|row| row.ordinal);
        let mut caused = Caused::default();
        for row in events {
            let mut deliveries: Vec<_> = tables.deliveries_of(&row.event.id).collect();
            deliveries.sort_by_key(|delivery| &delivery.endpoint_id);
            caused.events.push(row.event.id.clone());
            caused
                .deliveries
                .extend(deliveries.into_iter().map(|delivery| delivery.id.clone()));
        }
        Ok(caused)
    }

    async fn count_open_sessions(
        &self,
        organization_id: OrganizationId,
        at_most: usize,
    ) -> Result<usize, StoreError> {
        let tables = self.tables()?;
        let open = tables.sessions.values().filter(|session| {
            session.organization_id == organization_id && session.state.is_active()
        });
        Ok(open.take(at_most).count())
    }

    async fn list_sessions(
        &self,
        organization_id: OrganizationId,
        filter: &SessionFilter,
        page: &PageRequest<SessionId>,
    ) -> Result<Page<Session>, StoreError> {
        let tables = self.tables()?;
        let sessions = tables.sessions.values().filter(|session| {
            session.organization_id == organization_id && passes(filter, session)
        });
        Ok(by_id(sessions.cloned(), |session| &session.id, page))
    }

    async fn overdue_sessions(
        &self,
        now: Timestamp,
        portion: Portion,
    ) -> Result<Batch<Session>, StoreError> {
        let tables = self.tables()?;
        let mut overdue: Vec<Session> = tables
            .sessions
            .values()
            .filter(|session| session.is_overdue(now))
            .cloned()
            .collect();
        overdue.sort_by_key(|session| session.expires_at);
        Ok(cut(overdue, portion))
    }
}

#[async_trait]
impl SessionWrites for MemoryTx {
    async fn insert_session(&mut self, session: &Session) -> Result<(), StoreError> {
        self.view
            .change(|tables| insert_new(&mut tables.sessions, session.id.clone(), session.clone()))
    }

    async fn save_session(&mut self, session: &Session) -> Result<(), StoreError> {
        self.view.change(|tables| {
            let stored = tables.sessions.get_mut(&session.id);
            match stored.filter(|stored| stored.revision + 1 == session.revision) {
                Some(stored) => *stored = session.clone(),
                None => return Err(StoreError::Conflict),
            }
            Ok(())
        })
    }

    async fn insert_attempt(&mut self, attempt: &RecordedAttempt) -> Result<(), StoreError> {
        let id = attempt.attempt.id.clone();
        self.view
            .change(|tables| insert_new(&mut tables.attempts, id, attempt.clone()))
    }
}

fn passes(filter: &SessionFilter, session: &Session) -> bool {
    let in_status = |status| session.state.status() == status;
    filter.status.is_none_or(in_status)
        && filter
            .created_from
            .is_none_or(|from| from <= session.created_at)
        && filter.created_to.is_none_or(|to| session.created_at <= to)
}
