//! Rows of `api_keys`.

use kayle_app::access::{ApiKey, ApiKeyName, Scope};
use kayle_app::ports::store::StoreError;
use kayle_primitives::{ApiKeyId, OrganizationId};
use sea_orm::entity::prelude::*;

use super::values::{Row, at, texts_to_json};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) organization_id: Uuid,
    pub(crate) hash: String,
    pub(crate) name: String,
    pub(crate) enabled: bool,
    pub(crate) scopes: String,
    pub(crate) metadata: String,
    pub(crate) request_count: i64,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {
    #[sea_orm(
        belongs_to = "super::organization::Entity",
        from = "Column::OrganizationId",
        to = "super::organization::Column::Id"
    )]
    Organization,
}

impl Related<super::organization::Entity> for Entity {
    fn to() -> RelationDef {
        Relation::Organization.def()
    }
}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_domain(key: &ApiKey, hash: &str) -> Self {
        Self {
            id: key.id.0,
            organization_id: key.organization_id.0,
            hash: hash.to_owned(),
            name: key.name.as_str().to_owned(),
            enabled: key.enabled,
            scopes: texts_to_json(key.scopes.iter().map(|scope| scope.as_str())),
            metadata: "{}".to_owned(),
            request_count: 0,
            created_at: key.created_at.unix_ms(),
            updated_at: key.updated_at.unix_ms(),
        }
    }

    pub(crate) fn into_domain(self) -> Result<ApiKey, StoreError> {
        let row = Row {
            table: "api_keys",
            id: &self.id,
        };
        let scopes = row.texts("scopes", &self.scopes)?;
        Ok(ApiKey {
            id: ApiKeyId(self.id),
            organization_id: OrganizationId(self.organization_id),
            name: row.parsed("name", ApiKeyName::parse(&self.name))?,
            enabled: self.enabled,
            scopes: scopes
                .iter()
                .filter_map(|scope| Scope::parse(scope).ok())
                .collect(),
            metadata: kayle_app::access::ApiKeyMetadata::default(),
            request_count: 0,
            created_at: at(self.created_at),
            updated_at: at(self.updated_at),
        })
    }
}
