//! Rows of `audit_chains`.

use kayle_app::audit::{AuditChain, AuditLink};
use kayle_app::ports::store::StoreError;
use sea_orm::entity::prelude::*;

use super::values::Row;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "audit_chains")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) organization_id: Uuid,
    pub(crate) anchor_sequence: i64,
    pub(crate) anchor_hash: String,
    pub(crate) head_sequence: i64,
    pub(crate) head_hash: String,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn into_domain(self) -> Result<AuditChain, StoreError> {
        let row = Row {
            table: "audit_chains",
            id: &self.organization_id,
        };
        Ok(AuditChain {
            anchor: AuditLink {
                sequence: row.number("anchor_sequence", self.anchor_sequence)?,
                hash: self.anchor_hash,
            },
            head: AuditLink {
                sequence: row.number("head_sequence", self.head_sequence)?,
                hash: self.head_hash,
            },
        })
    }
}
