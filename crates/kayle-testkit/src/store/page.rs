//! The two orders of lists (contract 4.2).

use kayle_app::ports::store::{Batch, Portion};
use kayle_primitives::{Page, PageLimit, PageRequest, Timestamp};

/// Where a row stands in a list that begins with the newest.
pub(super) type Position<I> = (Timestamp, I);

/// Returns the page of `rows` after the cursor's position, newest first.
pub(super) fn newest_first<T: Clone, I: Ord>(
    rows: impl Iterator<Item = T>,
    position: impl Fn(&T) -> Position<I>,
    after: Option<&Position<I>>,
    limit: PageLimit,
) -> Page<T> {
    let mut rows: Vec<T> = rows
        .filter(|row| after.is_none_or(|after| position(row) < *after))
        .collect();
    rows.sort_by_key(|row| std::cmp::Reverse(position(row)));
    Page::from_overfetched(rows, limit)
}

/// Returns the page of `rows`, which come in the order of their ids, after the cursor as a text.
pub(super) fn by_id<T, I: Ord>(
    rows: impl Iterator<Item = T>,
    id: impl Fn(&T) -> &I,
    page: &PageRequest<I>,
) -> Page<T> {
    let beyond = |row: &T| {
        page.starting_after
            .as_ref()
            .is_none_or(|after| after < id(row))
    };
    let rows = rows.filter(beyond).take(page.limit.get() + 1).collect();
    Page::from_overfetched(rows, page.limit)
}

/// Cuts a portion out of what is in order.
pub(super) fn cut<T>(ordered: impl IntoIterator<Item = T>, portion: Portion) -> Batch<T> {
    let behind = ordered.into_iter().skip(portion.passed);
    behind.take(portion.limit).collect::<Vec<T>>().into()
}
