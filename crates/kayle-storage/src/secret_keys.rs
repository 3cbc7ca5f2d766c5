//! What is kept under which secret key, in SQL.

use async_trait::async_trait;
use kayle_app::ports::store::{
    KeptUnderKey, KeyUse, RetiredKey, SecretKeyReads, SecretKeyWrites, StoreError,
};
use kayle_crypto::Sealed;
use kayle_primitives::EndpointId;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IdenStatic, IntoActiveModel, QueryFilter,
    QueryOrder, Statement,
};
use strum::IntoEnumIterator;

use crate::backend::link::Link;
use crate::entities::{api_key, endpoint, retired_key};
use crate::error::store_error;
use crate::readable::read_all;
use crate::store::SqlTx;

#[async_trait]
impl SecretKeyReads for Link {
    async fn key_ids_in_use(&self, kind: KeptUnderKey) -> Result<Vec<String>, StoreError> {
        let mut ids: Vec<String> = Vec::new();
        loop {
            let next = next_key_id(self, kind, ids.last().map_or("", String::as_str));
            let row = self.query_one_raw(next).await.map_err(store_error)?;
            let Some(row) = row else {
                return Ok(ids);
            };
            ids.push(row.try_get_by_index(0).map_err(store_error)?);
        }
    }

    async fn count_key_uses(&self) -> Result<Vec<KeyUse>, StoreError> {
        let mut uses = Vec::new();
        for kind in KeptUnderKey::iter() {
            let (table, column) = place_of(kind);
            let sql = format!(
                "SELECT {column}, COUNT(*) FROM {table} {condition} GROUP BY {column} \
                 ORDER BY {column}",
                condition = what_is_kept(kind)
            );
            let statement = Statement::from_string(self.get_database_backend(), sql);
            let rows = self.query_all_raw(statement).await.map_err(store_error)?;
            for row in rows {
                let rows: i64 = row.try_get_by_index(1).map_err(store_error)?;
                uses.push(KeyUse {
                    kind,
                    key_id: row.try_get_by_index(0).map_err(store_error)?,
                    rows: u64::try_from(rows).unwrap_or_default(),
                });
            }
        }
        // Databases differ in where they put what has no value.
        uses.sort_by(|a, b| (a.kind, &a.key_id).cmp(&(b.kind, &b.key_id)));
        Ok(uses)
    }

    async fn retired_keys(&self) -> Result<Vec<RetiredKey>, StoreError> {
        let rows = retired_key::Entity::find().order_by_asc(retired_key::Column::Id);
        let rows = read_all(self, rows, |row| Ok(row.into_domain())).await?;
        Ok(rows.items)
    }
}

/// Finds the first key behind another one that something is kept under. The condition on NULL is
/// the index's.
pub(crate) fn next_key_id(
    connection: &impl ConnectionTrait,
    kind: KeptUnderKey,
    after: &str,
) -> Statement {
    let (table, column) = place_of(kind);
    let sql = format!(
        "SELECT {column} FROM {table} WHERE {column} IS NOT NULL AND {column} > $1 \
         ORDER BY {column} LIMIT 1"
    );
    Statement::from_sql_and_values(connection.get_database_backend(), sql, [after.into()])
}

fn place_of(kind: KeptUnderKey) -> (&'static str, &'static str) {
    match kind {
        KeptUnderKey::SigningSecrets => {
            ("endpoints", endpoint::Column::SigningSecretKeyId.as_str())
        }
        KeptUnderKey::ApiKeys => ("api_keys", api_key::Column::HashKeyId.as_str()),
        KeptUnderKey::RetiredKeys => ("retired_keys", retired_key::Column::SealedKeyId.as_str()),
    }
}

/// A deleted endpoint has no secret; an API key without a key's id has a hash all the same.
fn what_is_kept(kind: KeptUnderKey) -> &'static str {
    match kind {
        KeptUnderKey::SigningSecrets => "WHERE signing_secret_key_id IS NOT NULL",
        KeptUnderKey::ApiKeys | KeptUnderKey::RetiredKeys => "",
    }
}

#[async_trait]
impl SecretKeyWrites for SqlTx {
    async fn reseal_signing_secret(
        &mut self,
        id: &EndpointId,
        from: &Sealed,
        to: &Sealed,
    ) -> Result<bool, StoreError> {
        use endpoint::{Column, Entity};
        let resealed = Entity::update_many()
            .col_expr(Column::SigningSecretKeyId, Expr::value(to.key_id.as_str()))
            .col_expr(
                Column::SigningSecretSealed,
                Expr::value(to.bytes.as_slice()),
            )
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::SigningSecretKeyId.eq(from.key_id.as_str()))
            .filter(Column::SigningSecretSealed.eq(from.bytes.as_slice()))
            .exec(self.connection());
        Ok(0 < resealed.await.map_err(store_error)?.rows_affected)
    }

    async fn save_retired_key(&mut self, key: &RetiredKey) -> Result<(), StoreError> {
        use retired_key::{Column, Entity, Model};
        let replace = OnConflict::column(Column::Id)
            .update_columns([Column::SealedKeyId, Column::Sealed])
            .to_owned();
        let saved = Entity::insert(Model::from_domain(key).into_active_model())
            .on_conflict(replace)
            .exec_without_returning(self.connection());
        saved.await.map(drop).map_err(store_error)
    }

    async fn delete_retired_key(&mut self, id: &str) -> Result<(), StoreError> {
        let deleted = retired_key::Entity::delete_by_id(id).exec(self.connection());
        deleted.await.map(drop).map_err(store_error)
    }
}
