//! Rows of `delivery_payloads`.

use kayle_app::ports::store::StoreError;
use sea_orm::entity::prelude::*;

use super::values::Row;

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery_payloads")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub(crate) delivery_id: String,
    pub(crate) jwe: String,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl std::fmt::Debug for Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Model")
            .field("delivery_id", &self.delivery_id)
            .finish_non_exhaustive()
    }
}

impl Model {
    /// Returns whether the bytes look as they did when they were written: five parts of base64url
    /// (RFC 7516, 7.1). What is damaged inside of one is for the receiver to find.
    pub(crate) fn check(&self) -> Result<(), StoreError> {
        let is_base64url = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let is_whole = |part: &str| !part.is_empty() && part.bytes().all(is_base64url);
        if self.jwe.split('.').count() == 5 && self.jwe.split('.').all(is_whole) {
            return Ok(());
        }
        let row = Row {
            table: "delivery_payloads",
            id: &self.delivery_id,
        };
        Err(row.corrupt("jwe"))
    }
}
