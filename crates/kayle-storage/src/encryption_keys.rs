//! Encryption keys in SQL.

use std::collections::{BTreeSet, HashMap};

use async_trait::async_trait;
use kayle_app::ports::store::{
    EncryptionKeyReads, EncryptionKeyWrites, KeyChallenge, LockedKey, StoreError,
};
use kayle_endpoints::EncryptionKey;
use kayle_primitives::{EncryptionKeyId, EndpointId, OrganizationId, Page, PageRequest, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Statement,
};

use crate::backend::dialect::Dialect;
use crate::backend::link::Link;
use crate::endpoints::existing;
use crate::entities::encryption_key::{Column, Entity, Model};
use crate::entities::endpoint;
use crate::entities::key_challenge;
use crate::entities::values::optional_ms;
use crate::error::store_error;
use crate::page::by_id;
use crate::readable::{read_one, read_page};
use crate::store::SqlTx;

#[async_trait]
impl EncryptionKeyReads for Link {
    async fn list_encryption_keys(
        &self,
        organization_id: OrganizationId,
        endpoint_id: &EndpointId,
        is_active: Option<bool>,
        page: &PageRequest<EncryptionKeyId>,
    ) -> Result<Page<EncryptionKey>, StoreError> {
        let endpoint = existing(organization_id)
            .filter(endpoint::Column::Id.eq(endpoint_id.as_str()))
            .select_only()
            .column(endpoint::Column::Id)
            .into_query();
        let rows = Entity::find()
            .filter(Column::EndpointId.in_subquery(endpoint))
            .apply_if(is_active, |rows, is_active| {
                rows.filter(if is_active {
                    Column::DisabledAt.is_null()
                } else {
                    Column::DisabledAt.is_not_null()
                })
            });
        let after = page.starting_after.as_ref().map(EncryptionKeyId::as_str);
        let rows = by_id(rows, Column::Id, after);
        read_page(self, rows, page.limit, Model::into_domain).await
    }

    async fn find_encryption_key(
        &self,
        organization_id: OrganizationId,
        endpoint_id: &EndpointId,
        id: &EncryptionKeyId,
    ) -> Result<Option<EncryptionKey>, StoreError> {
        let key = Entity::find_by_id(id.as_str())
            .filter(Column::OrganizationId.eq(organization_id.0))
            .filter(Column::EndpointId.eq(endpoint_id.as_str()));
        let key = read_one(self, key).await?;
        key.map(Model::into_domain).transpose()
    }

    async fn with_active_key(
        &self,
        organization_id: OrganizationId,
        endpoint_ids: &[EndpointId],
    ) -> Result<BTreeSet<EndpointId>, StoreError> {
        let statement = with_active_key(self.dialect(), organization_id, endpoint_ids);
        let rows = self.query_all_raw(statement).await.map_err(store_error)?;
        let found = rows.iter().map(|row| row.try_get("", "endpoint_id"));
        let found: BTreeSet<String> = found.collect::<Result<_, _>>().map_err(store_error)?;
        let with_key = endpoint_ids.iter().filter(|id| found.contains(id.as_str()));
        Ok(with_key.cloned().collect())
    }

    async fn registrations_since(
        &self,
        endpoint_id: &EndpointId,
        since: Timestamp,
        at_most: usize,
    ) -> Result<Vec<Timestamp>, StoreError> {
        let times = Entity::find()
            .filter(Column::EndpointId.eq(endpoint_id.as_str()))
            .filter(Column::CreatedAt.gt(since.unix_ms()))
            .order_by_desc(Column::CreatedAt)
            .limit(u64::try_from(at_most).unwrap_or(u64::MAX))
            .select_only()
            .column(Column::CreatedAt)
            .into_tuple::<i64>()
            .all(self);
        let times = times.await.map_err(store_error)?;
        Ok(times.into_iter().map(Timestamp::from_unix_ms).collect())
    }

    async fn count_retained_of_keys(
        &self,
        ids: &[&EncryptionKeyId],
        at_most: usize,
    ) -> Result<Vec<usize>, StoreError> {
        let ids: Vec<&str> = ids.iter().map(|id| id.as_str()).collect();
        let rows = self.query_all_raw(self.dialect().retained_of_keys(&ids, at_most));
        let rows = rows.await.map_err(store_error)?;
        let counts = rows.iter().map(|row| {
            let retained: i64 = row.try_get("", "retained")?;
            let retained = usize::try_from(retained).unwrap_or(0).min(at_most);
            Ok((row.try_get("", "id")?, retained))
        });
        let counts: HashMap<String, usize> =
            counts.collect::<Result<_, _>>().map_err(store_error)?;
        let count = |id: &&str| counts.get(*id).copied().unwrap_or(0);
        Ok(ids.iter().map(count).collect())
    }
}

/// Asks which of the endpoints have an active key.
pub(crate) fn with_active_key(
    dialect: &dyn Dialect,
    organization_id: OrganizationId,
    endpoint_ids: &[EndpointId],
) -> Statement {
    let ids: Vec<&str> = endpoint_ids.iter().map(EndpointId::as_str).collect();
    let sql = format!(
        "SELECT endpoint_id FROM encryption_keys WHERE organization_id = $1 \
         AND endpoint_id {} AND disabled_at IS NULL",
        dialect.in_list(2)
    );
    dialect.statement(&sql, vec![organization_id.0.into(), dialect.list(&ids)])
}

#[async_trait]
impl EncryptionKeyWrites for SqlTx {
    async fn register_encryption_key(&mut self, key: &EncryptionKey) -> Result<bool, StoreError> {
        // Where several can write at once, the lock makes them take turns at the endpoint.
        let endpoint_id = key.endpoint_id.as_str();
        let endpoint = self.lock_endpoint_row(key.organization_id, endpoint_id);
        if endpoint.await?.is_none() {
            return Ok(false);
        }
        if key.is_active() {
            self.disable_active_key(endpoint_id, key.created_at).await?;
        }
        let row = Model::from_domain(key).into_active_model();
        Entity::insert(row)
            .exec_without_returning(self.connection())
            .await
            .map_err(store_error)?;
        Ok(true)
    }

    async fn deactivate_encryption_key(
        &mut self,
        organization_id: OrganizationId,
        id: &EncryptionKeyId,
        now: Timestamp,
    ) -> Result<Option<EncryptionKey>, StoreError> {
        let Some(key) = self.lock_key(organization_id, id).await? else {
            return Ok(None);
        };
        self.set_disabled_at(key, Some(now), now).await.map(Some)
    }

    async fn reactivate_encryption_key(
        &mut self,
        organization_id: OrganizationId,
        id: &EncryptionKeyId,
        now: Timestamp,
    ) -> Result<Option<EncryptionKey>, StoreError> {
        let Some(key) = self.lock_key(organization_id, id).await? else {
            return Ok(None);
        };
        if key.disabled_at.is_some() {
            self.disable_active_key(&key.endpoint_id, now).await?;
        }
        self.set_disabled_at(key, None, now).await.map(Some)
    }

    async fn lock_encryption_key(
        &mut self,
        organization_id: OrganizationId,
        id: &EncryptionKeyId,
    ) -> Result<Option<LockedKey>, StoreError> {
        let Some(key) = self.lock_key(organization_id, id).await? else {
            return Ok(None);
        };
        let challenge = key_challenge::Entity::find_by_id(id.as_str());
        let challenge = read_one(self.connection(), challenge).await?;
        Ok(Some(LockedKey {
            key: key.into_domain()?,
            challenge: challenge.map(key_challenge::Model::into_domain),
        }))
    }

    async fn set_key_challenge(
        &mut self,
        id: &EncryptionKeyId,
        challenge: Option<&KeyChallenge>,
    ) -> Result<(), StoreError> {
        key_challenge::Entity::delete_by_id(id.as_str())
            .exec(self.connection())
            .await
            .map_err(store_error)?;
        if let Some(challenge) = challenge {
            let row = key_challenge::Model::from_domain(id.as_str(), challenge);
            key_challenge::Entity::insert(row.into_active_model())
                .exec_without_returning(self.connection())
                .await
                .map_err(store_error)?;
        }
        Ok(())
    }

    async fn save_key_proof(&mut self, key: &EncryptionKey) -> Result<(), StoreError> {
        let key = Model::from_domain(key);
        let saved = Entity::update_many()
            .col_expr(Column::ProvenAt, Expr::value(key.proven_at))
            .col_expr(Column::ProvenBy, Expr::value(key.proven_by))
            .col_expr(Column::UpdatedAt, Expr::value(key.updated_at))
            .filter(Column::Id.eq(key.id))
            .exec(self.connection());
        saved.await.map(drop).map_err(store_error)
    }
}

impl SqlTx {
    /// Finds a key, and takes the turn at its endpoint.
    async fn lock_key(
        &self,
        organization_id: OrganizationId,
        id: &EncryptionKeyId,
    ) -> Result<Option<Model>, StoreError> {
        let key =
            || Entity::find_by_id(id.as_str()).filter(Column::OrganizationId.eq(organization_id.0));
        let Some(found) = read_one(self.connection(), key()).await? else {
            return Ok(None);
        };
        let endpoint = self.lock_endpoint_row(organization_id, &found.endpoint_id);
        if endpoint.await?.is_none() {
            return Ok(None);
        }
        // Whoever had the turn before may have changed it.
        read_one(self.connection(), key()).await
    }

    async fn disable_active_key(
        &self,
        endpoint_id: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let at = now.unix_ms();
        let disabled = Entity::update_many()
            .col_expr(Column::DisabledAt, Expr::value(at))
            .col_expr(Column::UpdatedAt, Expr::value(at))
            .filter(Column::EndpointId.eq(endpoint_id))
            .filter(Column::DisabledAt.is_null())
            .exec(self.connection());
        disabled.await.map(drop).map_err(store_error)
    }

    /// Writes whether a key is in use, and gives it as it is then.
    async fn set_disabled_at(
        &self,
        key: Model,
        disabled_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<EncryptionKey, StoreError> {
        let key = Model {
            disabled_at: optional_ms(disabled_at),
            updated_at: now.unix_ms(),
            ..key
        };
        Entity::update_many()
            .col_expr(Column::DisabledAt, Expr::value(key.disabled_at))
            .col_expr(Column::UpdatedAt, Expr::value(key.updated_at))
            .filter(Column::Id.eq(key.id.as_str()))
            .exec(self.connection())
            .await
            .map_err(store_error)?;
        key.into_domain()
    }
}
