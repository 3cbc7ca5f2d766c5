//! Endpoints in SQL. A deleted one keeps its row for its deliveries; here it is missing.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use kayle_app::ports::store::{
    EndpointReads, EndpointWrites, FanoutEndpoint, StoreError, report_damage,
};
use kayle_crypto::Sealed;
use kayle_endpoints::{EncryptionKey, Endpoint};
use kayle_primitives::{EncryptionKeyId, EndpointId, OrganizationId, Page, PageRequest, Timestamp};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryResult,
    QuerySelect, QueryTrait, Select, UpdateMany,
};

use crate::backend::dialect::ACTIVE_KEY_PREFIX;
use crate::backend::link::Link;
use crate::count::count_at_most;
use crate::entities::encryption_key;
use crate::entities::endpoint::{Column, Entity, Model};
use crate::entities::values::Row;
use crate::error::store_error;
use crate::page::{Position, newest_first};
use crate::readable::{decode, read_one, read_page};
use crate::store::{SqlStore, SqlTx};

impl SqlStore {
    /// Returns any sealed signing secret and the id of its row, to see whether a key opens it;
    /// `None` where there is none.
    pub async fn any_signing_secret(&self) -> Result<Option<(String, Sealed)>, StoreError> {
        let sealed = Entity::find().filter(Column::SigningSecretSealed.is_not_null());
        let row = sealed.one(&*self.readers).await.map_err(store_error)?;
        Ok(row.and_then(|row| Some((row.id.clone(), row.signing_secret()?))))
    }
}

#[async_trait]
impl EndpointReads for Link {
    async fn find_endpoint(
        &self,
        organization_id: OrganizationId,
        id: &EndpointId,
    ) -> Result<Option<Endpoint>, StoreError> {
        let row = self.endpoint(organization_id, id).await?;
        row.map(|row| row.to_domain()).transpose()
    }

    async fn count_endpoints(
        &self,
        organization_id: OrganizationId,
        at_most: usize,
    ) -> Result<usize, StoreError> {
        count_at_most(self, existing(organization_id), Column::Id, at_most).await
    }

    async fn list_endpoints(
        &self,
        organization_id: OrganizationId,
        enabled: Option<bool>,
        page: &PageRequest<EndpointId>,
    ) -> Result<Option<Page<Endpoint>>, StoreError> {
        let mut after: Option<Position> = None;
        if let Some(cursor) = &page.starting_after {
            // A deleted endpoint is still a place to go on from.
            let place = Entity::find_by_id(cursor.as_str())
                .filter(Column::OrganizationId.eq(organization_id.0))
                .select_only()
                .columns([Column::CreatedAt, Column::Id])
                .into_tuple()
                .one(self);
            after = place.await.map_err(store_error)?;
            if after.is_none() {
                return Ok(None);
            }
        }
        let rows = existing(organization_id).apply_if(enabled, |rows, enabled| {
            rows.filter(if enabled {
                Column::DisabledAt.is_null()
            } else {
                Column::DisabledAt.is_not_null()
            })
        });
        let rows = newest_first(rows, (Column::CreatedAt, Column::Id), after);
        let page = read_page(self, rows, page.limit, |row| row.to_domain());
        page.await.map(Some)
    }

    async fn find_signing_secret(
        &self,
        organization_id: OrganizationId,
        id: &EndpointId,
    ) -> Result<Option<Sealed>, StoreError> {
        let row = self.endpoint(organization_id, id).await?;
        Ok(row.and_then(|row| row.signing_secret()))
    }

    async fn fanout_endpoints_of(
        &self,
        organization_ids: &BTreeSet<OrganizationId>,
    ) -> Result<BTreeMap<OrganizationId, Vec<FanoutEndpoint>>, StoreError> {
        let ids: Vec<Uuid> = organization_ids.iter().map(|id| id.0).collect();
        let rows = self.query_all_raw(self.dialect().fanout_endpoints(&ids));
        let mut endpoints: BTreeMap<OrganizationId, Vec<FanoutEndpoint>> = BTreeMap::new();
        for row in rows.await.map_err(store_error)? {
            if let Ok(endpoint) = fanout_endpoint(&row).inspect_err(report_damage) {
                let organization_id = endpoint.endpoint.organization_id;
                endpoints.entry(organization_id).or_default().push(endpoint);
            }
        }
        Ok(endpoints)
    }
}

/// Reads an endpoint with its active key and its organization, if it can be read without the key.
fn fanout_endpoint(row: &QueryResult) -> Result<FanoutEndpoint, StoreError> {
    let endpoint = decode::<Entity>(row, "")?;
    let organization = Row {
        table: "organizations",
        id: &endpoint.organization_id,
    };
    let column = "pending_deletion_at";
    let frozen_at = organization.parsed(column, row.try_get("organization_", column));
    // Nobody is told less because of it: what is not certain waits in the queue, as in frozen ones.
    let frozen_at: Option<Option<i64>> = frozen_at.inspect_err(report_damage).ok();
    let (active_key, unreadable_key) = match active_key(row) {
        Some(ActiveKey::Usable(key)) => (Some(*key), None),
        Some(ActiveKey::Unreadable(id)) => (None, Some(id)),
        None => (None, None),
    };
    Ok(FanoutEndpoint {
        signing_secret: endpoint.signing_secret(),
        endpoint: endpoint.to_domain()?,
        active_key,
        unreadable_key,
        organization_frozen: frozen_at != Some(None),
    })
}

/// A key that is in use, or would be if it could be read.
enum ActiveKey {
    Usable(Box<EncryptionKey>),
    Unreadable(EncryptionKeyId),
}

/// Reads the active key beside an endpoint; `None` if there is none, or not even its id can be
/// read.
fn active_key(row: &QueryResult) -> Option<ActiveKey> {
    let id: String = row.try_get(ACTIVE_KEY_PREFIX, "id").ok()?;
    let key = decode::<encryption_key::Entity>(row, ACTIVE_KEY_PREFIX);
    let key = key.and_then(encryption_key::Model::into_domain);
    match key.inspect_err(report_damage) {
        Ok(key) => Some(ActiveKey::Usable(Box::new(key))),
        Err(_) => EncryptionKeyId::parse(&id).ok().map(ActiveKey::Unreadable),
    }
}

#[async_trait]
impl EndpointWrites for SqlTx {
    async fn insert_endpoint(
        &mut self,
        endpoint: &Endpoint,
        signing_secret: &Sealed,
    ) -> Result<(), StoreError> {
        let row = Model::from_domain(endpoint, signing_secret).into_active_model();
        let inserted = Entity::insert(row).exec_without_returning(self.connection());
        inserted.await.map(drop).map_err(store_error)
    }

    async fn lock_endpoint(
        &mut self,
        organization_id: OrganizationId,
        id: &EndpointId,
    ) -> Result<Option<Endpoint>, StoreError> {
        let row = self.lock_endpoint_row(organization_id, id.as_str()).await?;
        row.map(|row| row.to_domain()).transpose()
    }

    async fn save_endpoint(&mut self, endpoint: &Endpoint) -> Result<(), StoreError> {
        let change = Entity::update_many()
            .set(Model::changes(endpoint))
            .filter(Column::OrganizationId.eq(endpoint.organization_id.0));
        self.change_endpoint(&endpoint.id, change).await
    }

    async fn replace_signing_secret(
        &mut self,
        id: &EndpointId,
        signing_secret: &Sealed,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let Sealed { key_id, bytes } = signing_secret;
        let change = Entity::update_many()
            .col_expr(Column::SigningSecretKeyId, Expr::value(key_id.as_str()))
            .col_expr(Column::SigningSecretSealed, Expr::value(bytes.as_slice()))
            .col_expr(Column::UpdatedAt, Expr::value(now.unix_ms()));
        self.change_endpoint(id, change).await
    }

    async fn delete_endpoint(&mut self, id: &EndpointId, now: Timestamp) -> Result<(), StoreError> {
        let at = now.unix_ms();
        let erased = Entity::update_many()
            .col_expr(Column::SigningSecretKeyId, Expr::value(None::<String>))
            .col_expr(Column::SigningSecretSealed, Expr::value(None::<Vec<u8>>))
            .col_expr(Column::DeletedAt, Expr::value(at))
            .col_expr(Column::UpdatedAt, Expr::value(at));
        self.change_endpoint(id, erased).await?;
        let erased_keys = erased_keys(id, at).exec(self.connection());
        erased_keys.await.map(drop).map_err(store_error)
    }
}

impl SqlTx {
    /// Finds an endpoint and locks it, where several can write at once.
    pub(crate) async fn lock_endpoint_row(
        &self,
        organization_id: OrganizationId,
        id: &str,
    ) -> Result<Option<Model>, StoreError> {
        let row = existing(organization_id).filter(Column::Id.eq(id));
        read_one(self.connection(), row.lock_exclusive()).await
    }

    /// Creates a change to an endpoint that must be there.
    async fn change_endpoint(
        &self,
        id: &EndpointId,
        change: UpdateMany<Entity>,
    ) -> Result<(), StoreError> {
        let changed = change
            .filter(Column::Id.eq(id.as_str()))
            .filter(Column::DeletedAt.is_null())
            .exec(self.connection());
        match changed.await.map_err(store_error)?.rows_affected {
            0 => Err(StoreError::Conflict),
            _ => Ok(()),
        }
    }
}

impl Link {
    async fn endpoint(
        &self,
        organization_id: OrganizationId,
        id: &EndpointId,
    ) -> Result<Option<Model>, StoreError> {
        let row = existing(organization_id).filter(Column::Id.eq(id.as_str()));
        read_one(self, row).await
    }
}

/// Asks for the endpoints that an organization sees.
pub(crate) fn existing(organization_id: OrganizationId) -> Select<Entity> {
    Entity::find()
        .filter(Column::OrganizationId.eq(organization_id.0))
        .filter(Column::DeletedAt.is_null())
}

/// Builds the change that takes the numbers of an endpoint's keys: what cannot encrypt is disabled.
fn erased_keys(endpoint_id: &EndpointId, at: i64) -> UpdateMany<encryption_key::Entity> {
    use encryption_key::Column;
    let disabled_at = Func::coalesce([Expr::col(Column::DisabledAt), Expr::value(at)]);
    encryption_key::Entity::update_many()
        .col_expr(Column::JwkN, Expr::value(None::<String>))
        .col_expr(Column::JwkE, Expr::value(None::<String>))
        .col_expr(Column::DisabledAt, disabled_at.into())
        .col_expr(Column::UpdatedAt, Expr::value(at))
        .filter(Column::EndpointId.eq(endpoint_id.as_str()))
}
