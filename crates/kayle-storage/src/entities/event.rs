//! Rows of `events`.

use std::str::FromStr;

use kayle_app::ports::store::{NewEvent, StoreError};
use kayle_delivery::fanout::PassedOver;
use kayle_events::{Challenge, Event, EventType};
use kayle_primitives::OrganizationId;
use sea_orm::entity::prelude::*;
use serde_json::json;

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
    pub(crate) passed_over: Option<String>,
    pub(crate) challenge: Option<String>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_domain(new: &NewEvent) -> Self {
        let NewEvent { event, passed_over } = new;
        let attempt_id = event.attempt_id.as_ref();
        Self {
            id: event.id.as_str().to_owned(),
            organization_id: event.organization_id.0,
            event_type: event.event_type.as_str().to_owned(),
            session_id: event.session_id.as_str().to_owned(),
            attempt_id: attempt_id.map(|id| id.as_str().to_owned()),
            created_at: event.created_at.unix_ms(),
            passed_over: passed_over_to_json(passed_over),
            challenge: event.challenge.as_ref().map(|it| it.expose().to_owned()),
        }
    }

    /// Returns the endpoints that the event passed over.
    pub(crate) fn passed_over(&self) -> Result<Vec<PassedOver>, StoreError> {
        let Some(json) = &self.passed_over else {
            return Ok(Vec::new());
        };
        let row = Row {
            table: "events",
            id: &self.id,
        };
        let pairs: Result<Vec<(String, String)>, _> = serde_json::from_str(json);
        let pairs = row.parsed("passed_over", pairs)?.into_iter();
        let parsed = pairs.map(|(endpoint_id, reason)| {
            Ok(PassedOver {
                endpoint_id: row.id("passed_over", &endpoint_id)?,
                reason: row.parsed("passed_over", reason.parse())?,
            })
        });
        parsed.collect()
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
            challenge: self.challenge.map(Challenge::new),
        })
    }
}

/// Writes pairs of endpoint and reason; nobody is NULL, as it is for events from before.
fn passed_over_to_json(passed_over: &[PassedOver]) -> Option<String> {
    if passed_over.is_empty() {
        return None;
    }
    let pairs = passed_over
        .iter()
        .map(|one| json!([one.endpoint_id.as_str(), one.reason.as_str()]));
    let pairs: serde_json::Value = pairs.collect();
    Some(pairs.to_string())
}
