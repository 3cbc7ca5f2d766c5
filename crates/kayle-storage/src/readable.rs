//! Reading rows one by one, so that one that cannot be read does not hide the others.
//!
//! A driver that reads a whole answer gives up at the first value it cannot decode. Here every row
//! is decoded by itself, and an error names its table, its column and its id.

use kayle_app::ports::store::{Batch, Portion, StoreError, report_damage};
use kayle_primitives::{Page, PageLimit};
use sea_orm::prelude::Uuid;
use sea_orm::{
    ConnectionTrait, DbErr, EntityTrait, FromQueryResult, IdenStatic, Iterable, PrimaryKeyToColumn,
    QueryResult, QuerySelect, QueryTrait, Select, Statement,
};

use crate::error::{is_undecodable, store_error};

/// Stands for an id that cannot be read itself.
const UNREADABLE_ID: &str = "a row whose id cannot be read";

/// Reads one row; `None` if there is none.
pub(crate) async fn read_one<E: EntityTrait, C: ConnectionTrait>(
    connection: &C,
    rows: Select<E>,
) -> Result<Option<E::Model>, StoreError> {
    let statement = rows.limit(1).build(connection.get_database_backend());
    let row = connection.query_one_raw(statement).await;
    let row = row.map_err(store_error)?;
    row.map(|row| decode::<E>(&row, "")).transpose()
}

/// Reads all rows, each into what it stands for; reports those that cannot be read.
pub(crate) async fn read_all<E: EntityTrait, C: ConnectionTrait, T>(
    connection: &C,
    rows: Select<E>,
    into_domain: impl FnMut(E::Model) -> Result<T, StoreError>,
) -> Result<Batch<T>, StoreError> {
    let statement = rows.build(connection.get_database_backend());
    read_statement::<E, C, T>(connection, statement, into_domain).await
}

/// Reads the rows of a statement that answers with the columns of `E`.
pub(crate) async fn read_statement<E: EntityTrait, C: ConnectionTrait, T>(
    connection: &C,
    statement: Statement,
    mut into_domain: impl FnMut(E::Model) -> Result<T, StoreError>,
) -> Result<Batch<T>, StoreError> {
    let rows = connection.query_all_raw(statement).await;
    let mut batch = Batch::from(Vec::new());
    for row in rows.map_err(store_error)? {
        match decode::<E>(&row, "").and_then(&mut into_domain) {
            Ok(item) => batch.items.push(item),
            Err(error) => {
                report_damage(&error);
                batch.unreadable.push(id_of::<E>(&row, ""));
            }
        }
    }
    Ok(batch)
}

/// Reads a portion of rows that are in order.
pub(crate) fn portion_of<E: EntityTrait>(rows: Select<E>, portion: Portion) -> Select<E> {
    rows.limit(as_u64(portion.limit))
        .offset(as_u64(portion.passed))
}

/// Reads the page at the start of `rows`, which are in the page's order and have no limit yet. Rows
/// that cannot be read are left out, and others take their place.
pub(crate) async fn read_page<E: EntityTrait, C: ConnectionTrait, T>(
    connection: &C,
    rows: Select<E>,
    limit: PageLimit,
    mut into_domain: impl FnMut(E::Model) -> Result<T, StoreError> + Send,
) -> Result<Page<T>, StoreError> {
    // One more than the page holds is the proof that there is more.
    let wanted = limit.get() + 1;
    let mut items = Vec::with_capacity(wanted);
    let mut next = Some(Portion::first(wanted));
    while let Some(portion) = next {
        let rows = portion_of(rows.clone(), portion);
        let batch = read_all(connection, rows, &mut into_domain).await?;
        next = portion.next(batch.seen(), 0);
        items.extend(batch.items);
        if wanted <= items.len() {
            break;
        }
    }
    items.truncate(wanted);
    Ok(Page::from_overfetched(items, limit))
}

/// Reads the columns of `E`, whose names have this prefix in the answer.
pub(crate) fn decode<E: EntityTrait>(
    row: &QueryResult,
    prefix: &str,
) -> Result<E::Model, StoreError> {
    E::Model::from_query_result(row, prefix).map_err(|error| {
        if is_undecodable(&error) {
            undecodable::<E>(row, prefix, &error)
        } else {
            store_error(error)
        }
    })
}

/// Names the columns of `E` in a statement that sea-orm does not write, as [`decode`] reads them
/// with this prefix.
///
/// A statement never says `*`: once a column is added to the table, PostgreSQL refuses to run one
/// that was prepared before.
pub(crate) fn columns_of<E: EntityTrait>(prefix: &str) -> String {
    let table = E::default().table_name();
    let columns = E::Column::iter().map(|column| {
        let name = column.as_str();
        format!("{table}.{name} AS {prefix}{name}")
    });
    columns.collect::<Vec<String>>().join(", ")
}

fn undecodable<E: EntityTrait>(row: &QueryResult, prefix: &str, error: &DbErr) -> StoreError {
    // The driver names the column in quotes and nowhere else.
    let told = error.to_string();
    let mut names = E::Column::iter().map(|column| column.as_str());
    let column = names.find(|name| told.contains(&format!("\"{prefix}{name}\"")));
    StoreError::Corrupt {
        table: E::default().table_name(),
        column: column.unwrap_or("a column"),
        id: id_of::<E>(row, prefix),
    }
}

fn id_of<E: EntityTrait>(row: &QueryResult, prefix: &str) -> String {
    let key = E::PrimaryKey::iter()
        .next()
        .map(PrimaryKeyToColumn::into_column);
    let id = key.and_then(|key| {
        let name = key.as_str();
        let text: Result<String, DbErr> = row.try_get(prefix, name);
        text.or_else(|_| {
            row.try_get::<Uuid>(prefix, name)
                .map(|uuid| uuid.to_string())
        })
        .ok()
    });
    id.unwrap_or_else(|| UNREADABLE_ID.to_owned())
}

pub(crate) fn as_u64(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
