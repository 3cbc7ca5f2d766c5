//! Events in SQL.

use std::collections::{BTreeMap, HashMap};

use async_trait::async_trait;
use kayle_app::ports::store::{
    EventFilter, EventReads, EventWithDeliveries, EventWrites, NewEvent, StoreError,
};
use kayle_delivery::Delivery;
use kayle_events::EventType;
use kayle_primitives::{EventId, OrganizationId, Page, PageRequest};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QueryTrait};

use crate::backend::link::Link;
use crate::entities::delivery;
use crate::entities::event::{Column, Entity, Model};
use crate::page::{Position, newest_first};
use crate::readable::{read_all, read_one, read_page};
use crate::store::SqlTx;

#[async_trait]
impl EventReads for Link {
    async fn find_event(
        &self,
        organization_id: OrganizationId,
        id: &EventId,
    ) -> Result<Option<EventWithDeliveries>, StoreError> {
        let Some(row) = self.event(organization_id, id).await? else {
            return Ok(None);
        };
        let mut deliveries = self.deliveries_of([row.id.as_str()]).await?;
        Ok(Some(EventWithDeliveries {
            deliveries: deliveries.remove(&row.id).unwrap_or_default(),
            passed_over: row.passed_over()?,
            event: row.into_domain()?,
        }))
    }

    async fn event_types(
        &self,
        organization_id: OrganizationId,
        ids: &[EventId],
    ) -> Result<BTreeMap<EventId, EventType>, StoreError> {
        let rows = Entity::find()
            .filter(Column::OrganizationId.eq(organization_id.0))
            .filter(Column::Id.is_in(ids.iter().map(EventId::as_str)));
        let events = read_all(self, rows, Model::into_domain).await?;
        let types = events
            .items
            .into_iter()
            .map(|event| (event.id, event.event_type));
        Ok(types.collect())
    }

    async fn list_events(
        &self,
        organization_id: OrganizationId,
        filter: &EventFilter,
        page: &PageRequest<EventId>,
    ) -> Result<Option<Page<EventWithDeliveries>>, StoreError> {
        let mut after: Option<Position> = None;
        if let Some(cursor) = &page.starting_after {
            let Some(row) = self.event(organization_id, cursor).await? else {
                return Ok(None);
            };
            after = Some((row.created_at, row.id));
        }
        let EventFilter {
            event_type,
            session_id,
            created_from,
            created_to,
            with_tests,
        } = filter;
        let rows = Entity::find()
            .filter(Column::OrganizationId.eq(organization_id.0))
            .apply_if((!with_tests).then_some(()), |rows, ()| {
                rows.filter(Column::Challenge.is_null())
            })
            .apply_if(*event_type, |rows, event_type| {
                rows.filter(Column::EventType.eq(event_type.as_str()))
            })
            .apply_if(session_id.as_ref(), |rows, session_id| {
                rows.filter(Column::SessionId.eq(session_id.as_str()))
            })
            .apply_if(*created_from, |rows, from| {
                rows.filter(Column::CreatedAt.gte(from.unix_ms()))
            })
            .apply_if(*created_to, |rows, to| {
                rows.filter(Column::CreatedAt.lte(to.unix_ms()))
            });
        let rows = newest_first(rows, (Column::CreatedAt, Column::Id), after);
        let Page { items, has_more } = read_page(self, rows, page.limit, into_new).await?;
        let ids = items.iter().map(|new| new.event.id.as_str());
        let mut deliveries = self.deliveries_of(ids).await?;
        let with_deliveries = |new: NewEvent| EventWithDeliveries {
            deliveries: deliveries.remove(new.event.id.as_str()).unwrap_or_default(),
            event: new.event,
            passed_over: new.passed_over,
        };
        Ok(Some(Page {
            items: items.into_iter().map(with_deliveries).collect(),
            has_more,
        }))
    }
}

#[async_trait]
impl EventWrites for SqlTx {
    async fn insert_events(&mut self, events: &[NewEvent]) -> Result<(), StoreError> {
        let rows = events.iter().map(Model::from_domain);
        self.insert_all::<Entity>(rows.collect()).await
    }
}

/// Reads an event with those that it passed over.
fn into_new(row: Model) -> Result<NewEvent, StoreError> {
    Ok(NewEvent {
        passed_over: row.passed_over()?,
        event: row.into_domain()?,
    })
}

impl Link {
    async fn event(
        &self,
        organization_id: OrganizationId,
        id: &EventId,
    ) -> Result<Option<Model>, StoreError> {
        let row =
            Entity::find_by_id(id.as_str()).filter(Column::OrganizationId.eq(organization_id.0));
        read_one(self, row).await
    }

    /// Returns the deliveries of a page of events that can be read, by event, in the order of their
    /// ids.
    async fn deliveries_of(
        &self,
        events: impl IntoIterator<Item = &str>,
    ) -> Result<HashMap<String, Vec<Delivery>>, StoreError> {
        let rows = delivery::Entity::find()
            .filter(delivery::Column::EventId.is_in(events))
            .order_by_asc(delivery::Column::Id);
        let deliveries = read_all(self, rows, delivery::Model::into_domain).await?;
        let mut by_event: HashMap<String, Vec<Delivery>> = HashMap::new();
        for delivery in deliveries.items {
            let event_id = delivery.event_id.to_string();
            by_event.entry(event_id).or_default().push(delivery);
        }
        Ok(by_event)
    }
}
