//! The two orders of lists (contract 4.2). Queries ask for one row more than the page holds, as
//! the proof that there is more.

use kayle_primitives::PageLimit;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Select, Value};

/// Where a row stands in a list that begins with the newest: its `created_at` and its id.
pub(crate) type Position = (i64, String);

/// Asks for the rows after a position, newest first.
pub(crate) fn newest_first<E: EntityTrait>(
    rows: Select<E>,
    (created_at, id): (E::Column, E::Column),
    after: Option<Position>,
    limit: PageLimit,
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
    rows.order_by_desc(created_at)
        .order_by_desc(id)
        .limit(overfetched(limit))
}

/// Asks for the rows after an id, in the order of the ids.
pub(crate) fn by_id<E: EntityTrait>(
    rows: Select<E>,
    id: E::Column,
    after: Option<impl Into<Value>>,
    limit: PageLimit,
) -> Select<E> {
    let rows = match after {
        Some(after) => rows.filter(id.gt(after)),
        None => rows,
    };
    rows.order_by_asc(id).limit(overfetched(limit))
}

fn overfetched(limit: PageLimit) -> u64 {
    u64::try_from(limit.get() + 1).expect("101 fits 64 bits")
}
