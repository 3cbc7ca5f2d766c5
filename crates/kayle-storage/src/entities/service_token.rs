//! Rows of `service_tokens`.

use kayle_app::ports::store::ServiceToken;
use kayle_primitives::ServiceTokenId;
use sea_orm::entity::prelude::*;

use super::values::{optional_at, optional_ms};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "service_tokens")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) subject: Option<String>,
    pub(crate) created_at: Option<i64>,
    pub(crate) expires_at: Option<i64>,
    pub(crate) last_used_at: Option<i64>,
    pub(crate) revoked_at: Option<i64>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_domain(token: &ServiceToken) -> Self {
        Self {
            id: token.id.0,
            subject: token.subject.clone(),
            created_at: optional_ms(token.created_at),
            expires_at: optional_ms(token.expires_at),
            last_used_at: optional_ms(token.last_used_at),
            revoked_at: optional_ms(token.revoked_at),
        }
    }

    pub(crate) fn into_domain(self) -> ServiceToken {
        ServiceToken {
            id: ServiceTokenId(self.id),
            subject: self.subject,
            created_at: optional_at(self.created_at),
            expires_at: optional_at(self.expires_at),
            last_used_at: optional_at(self.last_used_at),
            revoked_at: optional_at(self.revoked_at),
        }
    }
}
