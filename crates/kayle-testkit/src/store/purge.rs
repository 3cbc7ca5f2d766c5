//! Deleting rows by age, the oldest first.

use async_trait::async_trait;
use kayle_app::ports::store::{PurgeWrites, StoreError};
use kayle_delivery::Payload;
use kayle_events::Event;
use kayle_primitives::{EventId, SessionId, Timestamp};
use kayle_sessions::Session;

use super::tables::Tables;
use super::transaction::MemoryTx;

#[async_trait]
impl PurgeWrites for MemoryTx {
    async fn purge_events(&mut self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.view.change(|tables| {
            let old = tables.old_events(before, limit);
            tables.events.retain(|id, _| !old.contains(id));
            tables
                .deliveries
                .retain(|_, row| !old.contains(&row.delivery.event_id));
            Ok(count(&old))
        })
    }

    async fn purge_sessions(&mut self, before: Timestamp, limit: usize) -> Result<u64, StoreError> {
        self.view.change(|tables| {
            let old = tables.ended(before, limit, |_| true);
            tables.sessions.retain(|id, _| !old.contains(id));
            tables
                .attempts
                .retain(|_, recorded| !old.contains(&recorded.attempt.session_id));
            Ok(count(&old))
        })
    }

    async fn minimize_sessions(
        &mut self,
        before: Timestamp,
        limit: usize,
    ) -> Result<u64, StoreError> {
        self.view.change(|tables| {
            let old = tables.ended(before, limit, |session| session.redirect_url.is_some());
            for id in &old {
                if let Some(session) = tables.sessions.get_mut(id) {
                    session.redirect_url = None;
                }
            }
            Ok(count(&old))
        })
    }
}

impl Tables {
    /// Returns the first events made before a moment of whose deliveries none stores a payload.
    fn old_events(&self, before: Timestamp, limit: usize) -> Vec<EventId> {
        let events = self.events.values().map(|row| &row.event);
        let mut old: Vec<&Event> = events
            .filter(|event| event.created_at < before && !self.stores_payload_of(&event.id))
            .collect();
        old.sort_by_key(|event| event.created_at);
        let ids = old.into_iter().map(|event| event.id.clone());
        ids.take(limit).collect()
    }

    fn stores_payload_of(&self, id: &EventId) -> bool {
        self.deliveries_of(id)
            .any(|delivery| match delivery.payload {
                Payload::Stored { .. } => true,
                Payload::Scrubbed { .. } => false,
            })
    }

    /// Returns the first sessions that ended before a moment and are meant.
    fn ended(
        &self,
        before: Timestamp,
        limit: usize,
        is_meant: impl Fn(&Session) -> bool,
    ) -> Vec<SessionId> {
        let ended_before = |session: &&Session| {
            let completed_at = session.state.completed_at();
            completed_at.is_some_and(|at| at < before) && is_meant(session)
        };
        let mut ended: Vec<&Session> = self.sessions.values().filter(ended_before).collect();
        ended.sort_by_key(|session| session.state.completed_at());
        let ids = ended.into_iter().map(|session| session.id.clone());
        ids.take(limit).collect()
    }
}

fn count<T>(rows: &[T]) -> u64 {
    u64::try_from(rows.len()).expect("a count in memory fits 64 bits")
}
