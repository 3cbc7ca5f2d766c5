//! What every answer is wrapped in (contract 4.1). An error's envelope stands in `error.rs`.

use kayle_primitives::PageLimit;
use serde::Serialize;

/// One thing.
#[derive(Serialize)]
pub(crate) struct OneView<V> {
    data: V,
    error: Option<()>,
}

/// One page of a list.
#[derive(Serialize)]
pub(crate) struct ListView<V> {
    data: Vec<V>,
    error: Option<()>,
    pagination: Pagination,
}

/// Where a page lies in its list (contract 4.2).
#[derive(Serialize)]
pub(crate) struct Pagination {
    limit: usize,
    has_more: bool,
    next_cursor: Option<String>,
}

impl<V> OneView<V> {
    pub(crate) fn new(data: V) -> Self {
        Self { data, error: None }
    }
}

impl<V> ListView<V> {
    pub(crate) fn new(data: Vec<V>, pagination: Pagination) -> Self {
        Self {
            data,
            error: None,
            pagination,
        }
    }
}

impl Pagination {
    /// Says that another page begins after `next_cursor`; `None` says that this is the last one.
    pub(crate) fn new(limit: PageLimit, next_cursor: Option<String>) -> Self {
        Self {
            limit: limit.get(),
            has_more: next_cursor.is_some(),
            next_cursor,
        }
    }

    /// Returns what stands beside an error.
    pub(crate) fn none(limit: PageLimit) -> Self {
        Self::new(limit, None)
    }
}
