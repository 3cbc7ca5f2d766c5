//! Rows of `api_keys`.

use std::collections::BTreeMap;
use std::str::FromStr;

use kayle_app::access::{ApiKey, ApiKeyMetadata, ApiKeyName, MetadataValue, Scope};
use kayle_app::ports::store::{ApiKeyHash, StoreError};
use kayle_primitives::{ApiKeyId, OrganizationId};
use sea_orm::ActiveValue::NotSet;
use sea_orm::IntoActiveModel;
use sea_orm::entity::prelude::*;

use super::values::{Row, at, texts_to_json};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "api_keys")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub(crate) id: Uuid,
    pub(crate) organization_id: Uuid,
    pub(crate) hash: String,
    pub(crate) hash_key_id: Option<String>,
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
    pub(crate) fn from_domain(key: &ApiKey, hash: &ApiKeyHash) -> Self {
        Self {
            id: key.id.0,
            organization_id: key.organization_id.0,
            hash: hash.hash.clone(),
            hash_key_id: hash.key_id.clone(),
            name: key.name.as_str().to_owned(),
            enabled: key.enabled,
            scopes: texts_to_json(key.scopes.iter().map(|scope| scope.as_str())),
            metadata: metadata_to_json(&key.metadata),
            request_count: i64::try_from(key.request_count).unwrap_or(i64::MAX),
            created_at: key.created_at.unix_ms(),
            updated_at: key.updated_at.unix_ms(),
        }
    }

    /// Returns what a key's change writes: all but its hash and its request count.
    pub(crate) fn changes(key: &ApiKey) -> ActiveModel {
        let no_hash = ApiKeyHash {
            hash: String::new(),
            key_id: None,
        };
        ActiveModel {
            hash: NotSet,
            hash_key_id: NotSet,
            request_count: NotSet,
            ..Self::from_domain(key, &no_hash)
                .into_active_model()
                .reset_all()
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
                .filter_map(|scope| Scope::from_str(scope).ok())
                .collect(),
            metadata: metadata_from_json(row, &self.metadata)?,
            request_count: row.number("request_count", self.request_count)?,
            created_at: at(self.created_at),
            updated_at: at(self.updated_at),
        })
    }
}

fn metadata_to_json(metadata: &ApiKeyMetadata) -> String {
    let stored = |value: &MetadataValue| match value {
        MetadataValue::Text(text) => serde_json::Value::String(text.clone()),
        MetadataValue::Number(number) => serde_json::Value::Number(number.clone()),
        MetadataValue::Boolean(boolean) => serde_json::Value::Bool(*boolean),
    };
    let values = metadata.values().iter();
    let values: serde_json::Value = values
        .map(|(key, value)| (key.as_str(), stored(value)))
        .collect();
    values.to_string()
}

fn metadata_from_json(row: Row<'_>, json: &str) -> Result<ApiKeyMetadata, StoreError> {
    let stored: BTreeMap<String, serde_json::Value> =
        row.parsed("metadata", serde_json::from_str(json))?;
    let values = stored.into_iter().map(|(key, value)| {
        let value = match value {
            serde_json::Value::String(text) => MetadataValue::Text(text),
            serde_json::Value::Number(number) => MetadataValue::Number(number),
            serde_json::Value::Bool(boolean) => MetadataValue::Boolean(boolean),
            serde_json::Value::Null
            | serde_json::Value::Array(_)
            | serde_json::Value::Object(_) => return Err(row.corrupt("metadata")),
        };
        Ok((key, value))
    });
    let values = values.collect::<Result<_, StoreError>>()?;
    row.parsed("metadata", ApiKeyMetadata::new(values))
}
