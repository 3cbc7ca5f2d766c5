//! Rows of `nodes`.

use std::str::FromStr;

use kayle_app::ports::store::{Node, NodeRole, StoreError};
use sea_orm::entity::prelude::*;

use super::values::{Row, at, texts_to_json};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "nodes")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) role: String,
    pub(crate) version: String,
    pub(crate) seen_at: i64,
    pub(crate) key_ids: Option<String>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_domain(node: &Node) -> Self {
        Self {
            id: node.id,
            role: node.role.as_str().to_owned(),
            version: node.version.clone(),
            seen_at: node.seen_at.unix_ms(),
            key_ids: Some(texts_to_json(node.key_ids.iter().map(String::as_str))),
        }
    }

    pub(crate) fn into_domain(self) -> Result<Node, StoreError> {
        let row = Row {
            table: "nodes",
            id: &self.id,
        };
        let key_ids = self.key_ids.as_deref();
        Ok(Node {
            role: row.parsed("role", NodeRole::from_str(&self.role))?,
            key_ids: key_ids.map_or(Ok(Vec::new()), |ids| row.texts("key_ids", ids))?,
            id: self.id,
            version: self.version,
            seen_at: at(self.seen_at),
        })
    }
}
