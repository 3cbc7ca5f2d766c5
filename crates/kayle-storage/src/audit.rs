//! The audit log in SQL: one hash chain per organization.

use async_trait::async_trait;
use kayle_app::audit::{AuditChain, AuditLink, AuditRow};
use kayle_app::ports::store::{AuditReads, AuditWrites, StoreError};
use kayle_primitives::{AuditId, OrganizationId, Page, PageRequest, Timestamp};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, JoinType, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
};

use crate::backend::link::Link;
use crate::entities::audit_row::{Column, Entity, Model, stored_sequence};
use crate::entities::values::Row;
use crate::entities::{audit_chain, organization};
use crate::error::store_error;
use crate::page::{Position, newest_first};
use crate::readable::{read_all, read_one, read_page};
use crate::store::SqlTx;

#[async_trait]
impl AuditReads for Link {
    async fn list_audit_rows(
        &self,
        organization_id: OrganizationId,
        page: &PageRequest<AuditId>,
    ) -> Result<Option<Page<AuditRow>>, StoreError> {
        let mut after: Option<Position> = None;
        if let Some(cursor) = &page.starting_after {
            let row = rows_of(organization_id).filter(Column::Id.eq(cursor.as_str()));
            let Some(row) = read_one(self, row).await? else {
                return Ok(None);
            };
            after = Some((row.created_at, row.id));
        }
        let (rows, order) = (rows_of(organization_id), (Column::CreatedAt, Column::Id));
        let rows = newest_first(rows, order, after);
        let page = read_page(self, rows, page.limit, Model::into_domain);
        page.await.map(Some)
    }

    async fn all_organizations(&self) -> Result<Vec<OrganizationId>, StoreError> {
        let rows = organization::Entity::find()
            .select_only()
            .column(organization::Column::Id)
            .order_by_asc(organization::Column::Id)
            .build(self.get_database_backend());
        let rows = self.query_all_raw(rows).await.map_err(store_error)?;
        // One whose id cannot be read is nobody's.
        let ids = rows.iter().filter_map(|row| row.try_get("", "id").ok());
        Ok(ids.map(OrganizationId).collect())
    }

    async fn audit_chain(&self, organization_id: OrganizationId) -> Result<AuditChain, StoreError> {
        chain(read_one(self, chain_of(organization_id)).await?)
    }

    async fn audit_rows_after(
        &self,
        organization_id: OrganizationId,
        sequence: u64,
        limit: usize,
    ) -> Result<Vec<AuditRow>, StoreError> {
        let rows =
            in_order(organization_id, limit).filter(Column::Sequence.gt(stored_sequence(sequence)));
        let rows = read_all(self, rows, Model::into_domain).await?;
        // A chain is checked link by link: without one of them nothing can be said of the others.
        match rows.unreadable.into_iter().next() {
            Some(id) => Err(StoreError::Corrupt {
                table: "audit_rows",
                column: "a column",
                id,
            }),
            None => Ok(rows.items),
        }
    }

    async fn organizations_with_audit_before(
        &self,
        before: Timestamp,
        after: Option<OrganizationId>,
        limit: usize,
    ) -> Result<Vec<OrganizationId>, StoreError> {
        let ids: Vec<Uuid> = beginning_before(before, limit)
            .apply_if(after, |rows, after| {
                rows.filter(audit_chain::Column::OrganizationId.gt(after.0))
            })
            .into_tuple()
            .all(self)
            .await
            .map_err(store_error)?;
        Ok(ids.into_iter().map(OrganizationId).collect())
    }
}

#[async_trait]
impl AuditWrites for SqlTx {
    async fn lock_audit_chain(
        &mut self,
        organization_id: OrganizationId,
    ) -> Result<AuditChain, StoreError> {
        let locked = || chain_of(organization_id).lock_exclusive();
        let mut row = read_one(self.connection(), locked()).await?;
        if row.is_none() && self.dialect().has_many_writers() {
            // A chain without a row has nothing to lock: of two that begin it at once, one waits
            // here for the other.
            self.begin_chain(organization_id).await?;
            row = read_one(self.connection(), locked()).await?;
        }
        chain(row)
    }

    async fn insert_audit_row(&mut self, row: &AuditRow) -> Result<(), StoreError> {
        let row = Model::from_domain(row);
        let chain = audit_chain::Model {
            organization_id: row.organization_id,
            anchor_sequence: 0,
            anchor_hash: String::new(),
            head_sequence: row.sequence,
            head_hash: row.hash.clone(),
        };
        let inserted =
            Entity::insert(row.into_active_model()).exec_without_returning(self.connection());
        inserted.await.map_err(store_error)?;
        let saved = audit_chain::Entity::insert(chain.into_active_model())
            .on_conflict(
                OnConflict::column(audit_chain::Column::OrganizationId)
                    .update_columns([
                        audit_chain::Column::HeadSequence,
                        audit_chain::Column::HeadHash,
                    ])
                    .to_owned(),
            )
            .exec_without_returning(self.connection());
        saved.await.map(drop).map_err(store_error)
    }

    async fn purge_audit_rows(
        &mut self,
        organization_id: OrganizationId,
        before: Timestamp,
        limit: usize,
    ) -> Result<Option<AuditLink>, StoreError> {
        // One that cannot be read goes with those around it.
        let first = read_all(self.connection(), in_order(organization_id, limit), Ok);
        let old = first
            .await?
            .items
            .into_iter()
            .take_while(|row| row.created_at < before.unix_ms());
        let Some(last) = old.last() else {
            return Ok(None);
        };
        Entity::delete_many()
            .filter(Column::OrganizationId.eq(organization_id.0))
            .filter(Column::Sequence.lte(last.sequence))
            .exec(self.connection())
            .await
            .map_err(store_error)?;
        audit_chain::Entity::update_many()
            .col_expr(
                audit_chain::Column::AnchorSequence,
                Expr::value(last.sequence),
            )
            .col_expr(
                audit_chain::Column::AnchorHash,
                Expr::value(last.hash.as_str()),
            )
            .filter(audit_chain::Column::OrganizationId.eq(organization_id.0))
            .exec(self.connection())
            .await
            .map_err(store_error)?;
        let row = Row {
            table: "audit_rows",
            id: &last.id,
        };
        Ok(Some(AuditLink {
            sequence: row.number("sequence", last.sequence)?,
            hash: last.hash,
        }))
    }
}

impl SqlTx {
    /// Adds a chain without a row, if the organization has none.
    async fn begin_chain(&self, organization_id: OrganizationId) -> Result<(), StoreError> {
        let empty = audit_chain::Model {
            organization_id: organization_id.0,
            anchor_sequence: 0,
            anchor_hash: String::new(),
            head_sequence: 0,
            head_hash: String::new(),
        };
        let begun = audit_chain::Entity::insert(empty.into_active_model())
            .on_conflict(
                OnConflict::column(audit_chain::Column::OrganizationId)
                    .do_nothing()
                    .to_owned(),
            )
            .exec_without_returning(self.connection());
        begun.await.map(drop).map_err(store_error)
    }
}

/// Asks for an organization's rows.
pub(crate) fn rows_of(organization_id: OrganizationId) -> Select<Entity> {
    Entity::find().filter(Column::OrganizationId.eq(organization_id.0))
}

/// Asks for the first rows of a chain.
pub(crate) fn in_order(organization_id: OrganizationId, limit: usize) -> Select<Entity> {
    rows_of(organization_id)
        .order_by_asc(Column::Sequence)
        .limit(u64::try_from(limit).unwrap_or(u64::MAX))
}

fn chain_of(organization_id: OrganizationId) -> Select<audit_chain::Entity> {
    audit_chain::Entity::find_by_id(organization_id.0)
}

/// Asks for the organizations whose first stored row was made before a moment: one look at each
/// chain. An index of the rows by age would cost every change a write, and a purge is daily.
pub(crate) fn beginning_before(before: Timestamp, limit: usize) -> Select<audit_chain::Entity> {
    let first = audit_chain::Entity::belongs_to(Entity)
        .from(audit_chain::Column::OrganizationId)
        .to(Column::OrganizationId)
        .into();
    audit_chain::Entity::find()
        .select_only()
        .column(audit_chain::Column::OrganizationId)
        .order_by_asc(audit_chain::Column::OrganizationId)
        .join(JoinType::InnerJoin, first)
        .filter(
            Expr::col(Column::Sequence.as_column_ref())
                .eq(Expr::col(audit_chain::Column::AnchorSequence.as_column_ref()).add(1)),
        )
        .filter(Column::CreatedAt.lt(before.unix_ms()))
        .limit(u64::try_from(limit).unwrap_or(u64::MAX))
}

/// A chain that has no row yet begins and ends nowhere.
fn chain(row: Option<audit_chain::Model>) -> Result<AuditChain, StoreError> {
    row.map_or_else(
        || Ok(AuditChain::default()),
        audit_chain::Model::into_domain,
    )
}
