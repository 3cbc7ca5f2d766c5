//! Rows of `audit_rows`.

use kayle_app::access::Actor;
use kayle_app::audit::AuditRow;
use kayle_app::ports::store::StoreError;
use kayle_primitives::OrganizationId;
use sea_orm::entity::prelude::*;

use super::values::{Row, at};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_rows")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub(crate) id: String,
    pub(crate) organization_id: Uuid,
    pub(crate) sequence: i64,
    pub(crate) action: String,
    pub(crate) actor_kind: String,
    pub(crate) actor_id: Option<String>,
    pub(crate) subject_id: String,
    pub(crate) details: String,
    pub(crate) created_at: i64,
    pub(crate) hash: String,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_domain(row: &AuditRow) -> Self {
        Self {
            id: row.id.as_str().to_owned(),
            organization_id: row.organization_id.0,
            sequence: stored_sequence(row.sequence),
            action: row.action.clone(),
            actor_kind: row.actor.kind().to_owned(),
            actor_id: row.actor.id(),
            subject_id: row.subject_id.clone(),
            details: serde_json::to_string(&row.details).expect("a JSON map is JSON"),
            created_at: row.created_at.unix_ms(),
            hash: row.hash.clone(),
        }
    }

    pub(crate) fn into_domain(self) -> Result<AuditRow, StoreError> {
        let row = Row {
            table: "audit_rows",
            id: &self.id,
        };
        let actor = Actor::from_recorded(&self.actor_kind, self.actor_id.as_deref());
        Ok(AuditRow {
            id: row.id("id", &self.id)?,
            organization_id: OrganizationId(self.organization_id),
            sequence: row.number("sequence", self.sequence)?,
            action: self.action,
            actor: row.present("actor_id", actor)?,
            subject_id: self.subject_id,
            details: row.parsed("details", serde_json::from_str(&self.details))?,
            created_at: at(self.created_at),
            hash: self.hash,
        })
    }
}

/// Writes a place in a chain. No chain grows beyond what is stored.
pub(crate) fn stored_sequence(sequence: u64) -> i64 {
    i64::try_from(sequence).unwrap_or(i64::MAX)
}
