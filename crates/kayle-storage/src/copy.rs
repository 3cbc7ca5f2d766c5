//! Copies every row into an empty database.
//!
//! Ids are made by the service, never counted up by a database, and the entities read and write the
//! same values on both: rows are copied as they are. They are read page by page, so memory stays
//! small, and written in one transaction, so it is all or nothing.

use async_trait::async_trait;
use kayle_app::ports::store::StoreError;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbErr, EntityTrait, IntoActiveModel, Iterable,
    ModelTrait, PrimaryKeyToColumn, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Select,
    Value,
};

use crate::entities::{
    activity, api_key, attempt, audit_chain, audit_row, delivery, delivery_attempt,
    delivery_payload, encryption_key, endpoint, event, key_challenge, organization, retired_key,
    service_token, session,
};
use crate::readable::decode;
use crate::store::{SqlStore, SqlTx};

/// The most rows that are read, held and written at once. A payload can have two megabytes.
const PAGE_ROWS: u64 = 100;

/// All tables, each after those that its rows name.
const TABLES: [&dyn Table; 16] = [
    &organization::Entity,
    &api_key::Entity,
    &endpoint::Entity,
    &encryption_key::Entity,
    &key_challenge::Entity,
    &session::Entity,
    &attempt::Entity,
    &event::Entity,
    &delivery::Entity,
    &delivery_payload::Entity,
    &delivery_attempt::Entity,
    &audit_row::Entity,
    &audit_chain::Entity,
    &retired_key::Entity,
    &service_token::Entity,
    &activity::Entity,
];

/// How many rows of a table were copied.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CopiedTable {
    /// Its name.
    pub table: &'static str,
    /// How many.
    pub rows: u64,
}

/// Nothing was copied.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// What is there would be mixed up with what comes.
    #[error("the target is not empty: there are rows in {table}")]
    NotEmpty {
        /// The first table that has any.
        table: &'static str,
    },
    /// The source could not be held still.
    #[error("the source cannot be locked")]
    Source(#[source] StoreError),
    /// A table of the source could not be read.
    #[error("{table} of the source cannot be read")]
    Read {
        /// Its name.
        table: &'static str,
        /// Why.
        source: DbErr,
    },
    /// A row of the source is damaged, and without it the target would not be the same.
    #[error("a row of the source is damaged; `admin doctor` lists all that are")]
    Damaged(#[source] StoreError),
    /// The target did not begin or did not commit.
    #[error("the target cannot be written")]
    Target(#[source] StoreError),
    /// The target did not take the rows of a table.
    #[error("{table} of the target cannot be written")]
    Write {
        /// Its name.
        table: &'static str,
        /// Why.
        source: DbErr,
    },
}

impl SqlStore {
    /// Copies all rows of this database into `target`, which must have none; all or nothing. Both
    /// schemas must be up to date. Nothing changes here, and nobody else can write here until all
    /// is committed there, if this is an SQLite database.
    pub async fn copy_to(&self, target: &Self) -> Result<Vec<CopiedTable>, CopyError> {
        let to = target.begin_write().await.map_err(CopyError::Target)?;
        for table in TABLES {
            if table.has_rows(&to).await? {
                let table = table.name();
                return Err(CopyError::NotEmpty { table });
            }
        }
        // It is never committed: it holds the one turn to write.
        let from = self.begin_write().await.map_err(CopyError::Source)?;
        let mut copied = Vec::with_capacity(TABLES.len());
        for table in TABLES {
            copied.push(table.copy(&from, &to).await?);
        }
        to.commit().await.map_err(CopyError::Target)?;
        Ok(copied)
    }
}

/// A table, whatever its rows are.
#[async_trait]
trait Table: Sync {
    fn name(&self) -> &'static str;

    async fn has_rows(&self, target: &SqlTx) -> Result<bool, CopyError>;

    async fn copy(&self, from: &SqlTx, to: &SqlTx) -> Result<CopiedTable, CopyError>;
}

#[async_trait]
impl<E> Table for E
where
    E: EntityTrait + Sync,
    E::Model: ModelTrait<Entity = E> + IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
{
    fn name(&self) -> &'static str {
        self.table_name()
    }

    async fn has_rows(&self, target: &SqlTx) -> Result<bool, CopyError> {
        let any = E::find().select_only().columns(key::<E>()).limit(1);
        let any = target.connection().query_one(&any.into_query()).await;
        let any = any.map_err(|source| CopyError::Write {
            table: self.name(),
            source,
        })?;
        Ok(any.is_some())
    }

    async fn copy(&self, from: &SqlTx, to: &SqlTx) -> Result<CopiedTable, CopyError> {
        let table = self.name();
        let mut rows = 0;
        let mut last = None;
        loop {
            let page = in_order_of_key(E::find(), last)
                .limit(PAGE_ROWS)
                .build(from.connection().get_database_backend());
            let page = from.connection().query_all_raw(page).await;
            let page = page.map_err(|source| CopyError::Read { table, source })?;
            let page = page.iter().map(|row| decode::<E>(row, ""));
            let page: Vec<E::Model> = page.collect::<Result<_, _>>().map_err(CopyError::Damaged)?;
            let Some(row) = page.last() else {
                return Ok(CopiedTable { table, rows });
            };
            last = Some(key::<E>().map(|column| row.get(column)).collect());
            let page = page.into_iter().map(IntoActiveModel::into_active_model);
            rows += E::insert_many(page)
                .exec_without_returning(to.connection())
                .await
                .map_err(|source| CopyError::Write { table, source })?;
        }
    }
}

/// Returns the columns that a table's rows are found by. Both databases order them by their bytes.
pub(crate) fn key<E: EntityTrait>() -> impl Iterator<Item = E::Column> {
    E::PrimaryKey::iter().map(PrimaryKeyToColumn::into_column)
}

/// Asks for rows in the order of their key, from beyond one on.
pub(crate) fn in_order_of_key<E: EntityTrait>(
    rows: Select<E>,
    after: Option<Vec<Value>>,
) -> Select<E> {
    let rows = rows.apply_if(after, |rows, after| {
        let columns = key::<E>().map(|column| Expr::col(column.as_column_ref()));
        let place = Expr::tuple(columns.collect::<Vec<Expr>>());
        rows.filter(place.gt(Expr::tuple(after.into_iter().map(Expr::value))))
    });
    key::<E>().fold(rows, QueryOrder::order_by_asc)
}
