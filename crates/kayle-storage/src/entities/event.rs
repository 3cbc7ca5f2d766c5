//! Rows of `events`.

use std::str::FromStr;

use kayle_app::ports::store::StoreError;
use kayle_events::{Event, EventType};
use kayle_primitives::OrganizationId;
use sea_orm::entity::prelude::*;

use super::values::{Row, at};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "events")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub(crate) id: String,
    pub(crate) organization_id: Uuid,
    pub(crate) event_type: String,
    pub(crate) session_id: String,
    pub(crate) attempt_id: Option<String>,
    pub(crate) created_at: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_domain(event: &Event) -> Self {
        let attempt_id = event.attempt_id.as_ref();
        Self {
            id: event.id.as_str().to_owned(),
            organization_id: event.organization_id.0,
            event_type: event.event_type.as_str().to_owned(),
            session_id: event.session_id.as_str().to_owned(),
            attempt_id: attempt_id.map(|id| id.as_str().to_owned()),
            created_at: event.created_at.unix_ms(),
        }
    }

    pub(crate) fn into_domain(self) -> Result<Event, StoreError> {
        let row = Row {
            table: "events",
            id: &self.id,
        };
        let attempt_id = self.attempt_id.as_deref();
        Ok(Event {
            id: row.id("id", &self.id)?,
            organization_id: OrganizationId(self.organization_id),
            event_type: row.parsed("event_type", EventType::from_str(&self.event_type))?,
            session_id: row.id("session_id", &self.session_id)?,
            attempt_id: attempt_id.map(|id| row.id("attempt_id", id)).transpose()?,
            created_at: at(self.created_at),
        })
    }
}
