//! Rows of `organizations`.

use kayle_primitives::{Organization, OrganizationId};
use sea_orm::entity::prelude::*;

use super::values::{at, optional_at, optional_ms};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "organizations")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) name: String,
    pub(crate) pending_deletion_at: Option<i64>,
    pub(crate) created_at: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_domain(organization: &Organization) -> Self {
        Self {
            id: organization.id.0,
            name: organization.name.clone(),
            pending_deletion_at: optional_ms(organization.pending_deletion_at),
            created_at: organization.created_at.unix_ms(),
        }
    }

    pub(crate) fn into_domain(self) -> Organization {
        Organization {
            id: OrganizationId(self.id),
            name: self.name,
            pending_deletion_at: optional_at(self.pending_deletion_at),
            created_at: at(self.created_at),
        }
    }
}
