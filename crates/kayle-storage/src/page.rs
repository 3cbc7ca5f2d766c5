//! The two orders of lists (contract 4.2). How many rows are read is said in `readable`.

use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, Select, Value};

/// Where a row stands in a list that begins with the newest: its `created_at` and its id.
pub(crate) type Position = (i64, String);

/// Asks for the rows after a position, newest first.
pub(crate) fn newest_first<E: EntityTrait>(
    rows: Select<E>,
    (created_at, id): (E::Column, E::Column),
    after: Option<Position>,
) -> Select<E> {
    let rows = match after {
        Some((after_created_at, after_id)) => rows.filter(
            Expr::tuple([
                Expr::col(created_at.as_column_ref()),
                Expr::col(id.as_column_ref()),
            ])
            .lt(Expr::tuple([
                Expr::val(after_created_at),
                Expr::val(after_id),
            ])),
        ),
        None => rows,
    };
    rows.order_by_desc(created_at).order_by_desc(id)
}

/// Asks for the rows after an id, in the order of the ids.
pub(crate) fn by_id<E: EntityTrait>(
    rows: Select<E>,
    id: E::Column,
    after: Option<impl Into<Value>>,
) -> Select<E> {
    let rows = match after {
        Some(after) => rows.filter(id.gt(after)),
        None => rows,
    };
    rows.order_by_asc(id)
}
