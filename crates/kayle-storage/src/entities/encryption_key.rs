//! Rows of `encryption_keys`.

use std::str::FromStr;

use kayle_app::ports::store::StoreError;
use kayle_crypto::{PublicJwk, PublicKey};
use kayle_endpoints::{EncryptionKey, KeyId, KeyProof, Prover};
use kayle_primitives::OrganizationId;
use sea_orm::entity::prelude::*;

use super::values::{Row, at, optional_at, optional_ms};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "encryption_keys")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub(crate) id: String,
    pub(crate) organization_id: Uuid,
    pub(crate) endpoint_id: String,
    pub(crate) key_id: String,
    pub(crate) jwk_n: Option<String>,
    pub(crate) jwk_e: Option<String>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) disabled_at: Option<i64>,
    pub(crate) proven_at: Option<i64>,
    pub(crate) proven_by: Option<String>,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_domain(key: &EncryptionKey) -> Self {
        Self {
            id: key.id.as_str().to_owned(),
            organization_id: key.organization_id.0,
            endpoint_id: key.endpoint_id.as_str().to_owned(),
            key_id: key.key_id.as_str().to_owned(),
            jwk_n: Some(key.jwk.n.clone()),
            jwk_e: Some(key.jwk.e.clone()),
            created_at: key.created_at.unix_ms(),
            updated_at: key.updated_at.unix_ms(),
            disabled_at: optional_ms(key.disabled_at),
            proven_at: optional_ms(key.proof.map(|proof| proof.at)),
            proven_by: key.proof.map(|proof| proof.by.as_str().to_owned()),
        }
    }

    /// Returns whether all that is needed of the row can be read. A key whose endpoint was deleted
    /// has lost its numbers rightly.
    pub(crate) fn check(self) -> Result<(), StoreError> {
        let is_erased = self.jwk_n.is_none() && self.jwk_e.is_none();
        if is_erased && self.disabled_at.is_some() {
            return Ok(());
        }
        let is_active = self.disabled_at.is_none();
        let key = self.into_domain()?;
        if is_active {
            let row = Row {
                table: "encryption_keys",
                id: &key.id,
            };
            row.parsed("jwk_n", PublicKey::import(&key.jwk.n, &key.jwk.e))?;
        }
        Ok(())
    }

    pub(crate) fn into_domain(self) -> Result<EncryptionKey, StoreError> {
        let row = Row {
            table: "encryption_keys",
            id: &self.id,
        };
        let prover = self.proven_by.as_deref().map(Prover::from_str).transpose();
        let prover = row.parsed("proven_by", prover)?;
        Ok(EncryptionKey {
            id: row.id("id", &self.id)?,
            organization_id: OrganizationId(self.organization_id),
            endpoint_id: row.id("endpoint_id", &self.endpoint_id)?,
            key_id: row.parsed("key_id", KeyId::parse(&self.key_id))?,
            jwk: PublicJwk {
                n: row.present("jwk_n", self.jwk_n)?,
                e: row.present("jwk_e", self.jwk_e)?,
            },
            created_at: at(self.created_at),
            updated_at: at(self.updated_at),
            disabled_at: optional_at(self.disabled_at),
            proof: match (optional_at(self.proven_at), prover) {
                (Some(at), Some(by)) => Some(KeyProof { at, by }),
                (None, None) => None,
                (Some(_), None) | (None, Some(_)) => return Err(row.corrupt("proven_by")),
            },
        })
    }
}
