//! The answers of operations that did what was asked (contract 4).

use std::fmt::Display;

use actix_web::HttpResponse;
use kayle_primitives::{Page, PageLimit};
use serde::Serialize;

use crate::views::{ListView, OneView, Pagination};

/// 200 with one thing.
pub(super) fn ok(view: impl Serialize) -> HttpResponse {
    HttpResponse::Ok().json(OneView::new(view))
}

/// 202 with one thing: the rest happens later.
pub(super) fn accepted(view: impl Serialize) -> HttpResponse {
    HttpResponse::Accepted().json(OneView::new(view))
}

/// 204.
pub(super) fn no_content() -> HttpResponse {
    HttpResponse::NoContent().finish()
}

/// 200 with a page; the id of its last item is the cursor of the page after it.
pub(super) fn page<'a, T, I: Display, V: Serialize>(
    page: &'a Page<T>,
    limit: PageLimit,
    id: impl Fn(&'a T) -> I,
    view: impl Fn(&'a T) -> V,
) -> HttpResponse {
    let last = page.items.last().filter(|_| page.has_more);
    let next_cursor = last.map(|item| id(item).to_string());
    let views = page.items.iter().map(view).collect();
    HttpResponse::Ok().json(ListView::new(views, Pagination::new(limit, next_cursor)))
}
