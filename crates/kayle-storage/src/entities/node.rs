//! Rows of `nodes`.

use kayle_app::ports::store::Node;
use sea_orm::entity::prelude::*;

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "nodes")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) role: String,
    pub(crate) version: String,
    pub(crate) seen_at: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_domain(node: &Node) -> Self {
        Self {
            id: node.id,
            role: node.role.as_str().to_owned(),
            version: node.version.to_owned(),
            seen_at: node.seen_at.unix_ms(),
        }
    }
}
