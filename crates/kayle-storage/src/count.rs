//! Counting no further than anybody wants to know.

use kayle_app::ports::store::StoreError;
use sea_orm::sea_query::{Expr, Func, Query};
use sea_orm::{ConnectionTrait, EntityTrait, QuerySelect, QueryTrait, Select};

use crate::backend::link::Link;
use crate::error::store_error;
use crate::readable::as_u64;

/// Counts rows by one of their columns, and stops at `at_most`.
pub(crate) async fn count_at_most<E: EntityTrait>(
    link: &Link,
    rows: Select<E>,
    id: E::Column,
    at_most: usize,
) -> Result<usize, StoreError> {
    let counted = rows
        .select_only()
        .column_as(id, "id")
        .limit(as_u64(at_most));
    let count = Query::select()
        .expr_as(Func::count(Expr::col("id")), "count")
        .from_subquery(counted.into_query(), "counted")
        .take();
    let row = link.query_one(&count).await.map_err(store_error)?;
    let count: Option<i64> = row
        .map(|row| row.try_get("", "count"))
        .transpose()
        .map_err(store_error)?;
    Ok(usize::try_from(count.unwrap_or(0)).unwrap_or(0))
}
