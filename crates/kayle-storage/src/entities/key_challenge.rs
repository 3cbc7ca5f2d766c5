//! Rows of `key_challenges`.

use kayle_app::ports::store::KeyChallenge;
use sea_orm::entity::prelude::*;

use super::values::at;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "key_challenges")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub(crate) encryption_key_id: String,
    pub(crate) nonce_hash: String,
    pub(crate) expires_at: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_domain(key_id: &str, challenge: &KeyChallenge) -> Self {
        Self {
            encryption_key_id: key_id.to_owned(),
            nonce_hash: challenge.nonce_hash.clone(),
            expires_at: challenge.expires_at.unix_ms(),
        }
    }

    pub(crate) fn into_domain(self) -> KeyChallenge {
        KeyChallenge {
            nonce_hash: self.nonce_hash,
            expires_at: at(self.expires_at),
        }
    }
}
