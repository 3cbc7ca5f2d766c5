//! Events in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kayle_app::ports::store::{
    EventFilter, EventReads, EventWithDeliveries, EventWrites, NewEvent, StoreError,
};
use kayle_events::{Event, EventType};
use kayle_primitives::{EventId, OrganizationId, Page, PageRequest};

use super::page::{Position, newest_first};
use super::tables::{EventRow, Tables, insert_new};
use super::transaction::MemoryTx;
use super::view::View;

#[async_trait]
impl EventReads for View {
    async fn find_event(
        &self,
        organization_id: OrganizationId,
        id: &EventId,
    ) -> Result<Option<EventWithDeliveries>, StoreError> {
        let tables = self.tables()?;
        let event = event_of(&tables, organization_id, id).cloned();
        Ok(event.map(|event| with_deliveries(&tables, event)))
    }

    async fn event_types(
        &self,
        organization_id: OrganizationId,
        ids: &[EventId],
    ) -> Result<BTreeMap<EventId, EventType>, StoreError> {
        let tables = self.tables()?;
        let found = ids
            .iter()
            .filter_map(|id| event_of(&tables, organization_id, id));
        Ok(found
            .map(|event| (event.id.clone(), event.event_type))
            .collect())
    }

    async fn list_events(
        &self,
        organization_id: OrganizationId,
        filter: &EventFilter,
        page: &PageRequest<EventId>,
    ) -> Result<Option<Page<EventWithDeliveries>>, StoreError> {
        let tables = self.tables()?;
        let mut after = None;
        if let Some(cursor) = &page.starting_after {
            let Some(event) = event_of(&tables, organization_id, cursor) else {
                return Ok(None);
            };
            after = Some(position(event));
        }
        let events = tables
            .events
            .values()
            .map(|row| &row.event)
            .filter(|event| event.organization_id == organization_id && passes(filter, event))
            .cloned();
        let events = newest_first(events, position, after.as_ref(), page.limit);
        Ok(Some(events.map(|event| with_deliveries(&tables, event))))
    }
}

#[async_trait]
impl EventWrites for MemoryTx {
    async fn insert_events(&mut self, events: &[NewEvent]) -> Result<(), StoreError> {
        self.view.change(|tables| {
            for new in events {
                let row = EventRow {
                    event: new.event.clone(),
                    passed_over: new.passed_over.clone(),
                    ordinal: tables.events.len(),
                };
                insert_new(&mut tables.events, new.event.id.clone(), row)?;
            }
            Ok(())
        })
    }
}

fn event_of<'a>(
    tables: &'a Tables,
    organization_id: OrganizationId,
    id: &EventId,
) -> Option<&'a Event> {
    let event = &tables.events.get(id)?.event;
    (event.organization_id == organization_id).then_some(event)
}

fn with_deliveries(tables: &Tables, event: Event) -> EventWithDeliveries {
    EventWithDeliveries {
        deliveries: tables.deliveries_of(&event.id).cloned().collect(),
        passed_over: tables
            .events
            .get(&event.id)
            .map_or_else(Vec::new, |row| row.passed_over.clone()),
        event,
    }
}

fn position(event: &Event) -> Position<EventId> {
    (event.created_at, event.id.clone())
}

fn passes(filter: &EventFilter, event: &Event) -> bool {
    let of_type = |event_type| event.event_type == event_type;
    let session_id = filter.session_id.as_ref();
    (filter.with_tests || !event.is_test())
        && filter.event_type.is_none_or(of_type)
        && session_id.is_none_or(|session_id| event.session_id == *session_id)
        && filter
            .created_from
            .is_none_or(|from| from <= event.created_at)
        && filter.created_to.is_none_or(|to| event.created_at <= to)
}
