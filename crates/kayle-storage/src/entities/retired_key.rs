//! Rows of `retired_keys`.

use kayle_app::ports::store::RetiredKey;
use kayle_crypto::Sealed;
use sea_orm::entity::prelude::*;

use super::values::at;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "retired_keys")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub(crate) id: String,
    pub(crate) sealed_key_id: String,
    pub(crate) sealed: Vec<u8>,
    pub(crate) retired_at: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_domain(key: &RetiredKey) -> Self {
        Self {
            id: key.id.clone(),
            sealed_key_id: key.sealed.key_id.clone(),
            sealed: key.sealed.bytes.clone(),
            retired_at: key.retired_at.unix_ms(),
        }
    }

    pub(crate) fn into_domain(self) -> RetiredKey {
        RetiredKey {
            id: self.id,
            sealed: Sealed {
                key_id: self.sealed_key_id,
                bytes: self.sealed,
            },
            retired_at: at(self.retired_at),
        }
    }
}
