//! Walking through lists.

use kayle_app::ports::store::StoreError;
use kayle_primitives::{Page, PageLimit, PageRequest};

/// Asks for up to `limit` items from the start.
pub(super) fn first<I>(limit: u8) -> PageRequest<I> {
    PageRequest {
        limit: PageLimit::new(limit).expect("cases ask for 1 to 100"),
        starting_after: None,
    }
}

/// Asks for everything after a cursor.
pub(super) fn after<I>(cursor: &I) -> PageRequest<I>
where
    I: Clone,
{
    PageRequest {
        starting_after: Some(cursor.clone()),
        ..first(100)
    }
}

/// Returns all items of a list, read two by two; each page must say truly whether there is more.
pub(super) async fn walked<T, I>(
    fetch: impl AsyncFn(&PageRequest<I>) -> Result<Page<T>, StoreError>,
    id: impl Fn(&T) -> I,
) -> Result<Vec<T>, StoreError> {
    let mut request = first(2);
    let mut walked = Vec::new();
    loop {
        let page = fetch(&request).await?;
        let cursor = page.items.last().map(&id);
        let more_was_promised = request.starting_after.is_some();
        assert!(!more_was_promised || cursor.is_some(), "a page is empty");
        assert!(walked.len() < 100, "the list does not end");
        walked.extend(page.items);
        if !page.has_more {
            return Ok(walked);
        }
        request.starting_after = cursor;
    }
}
