//! Rows of `sign_in_links`.

use std::str::FromStr;

use kayle_app::access::Role;
use kayle_app::ports::store::{SignInLink, StoreError};
use kayle_primitives::OrganizationId;
use sea_orm::entity::prelude::*;

use super::values::{Row, at};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sign_in_links")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) code_hash: String,
    pub(crate) organization_id: Uuid,
    pub(crate) user_id: Uuid,
    pub(crate) role: String,
    pub(crate) session_expires_at: i64,
    pub(crate) expires_at: i64,
    pub(crate) used_at: Option<i64>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_domain(link: &SignInLink) -> Self {
        Self {
            code_hash: link.code_hash.clone(),
            organization_id: link.organization_id.0,
            user_id: link.user_id,
            role: link.role.as_str().to_owned(),
            session_expires_at: link.session_expires_at.unix_ms(),
            expires_at: link.expires_at.unix_ms(),
            used_at: None,
        }
    }

    pub(crate) fn into_domain(self) -> Result<SignInLink, StoreError> {
        let row = Row {
            table: "sign_in_links",
            id: &self.user_id,
        };
        Ok(SignInLink {
            role: row.parsed("role", Role::from_str(&self.role))?,
            organization_id: OrganizationId(self.organization_id),
            user_id: self.user_id,
            session_expires_at: at(self.session_expires_at),
            expires_at: at(self.expires_at),
            code_hash: self.code_hash,
        })
    }
}
