//! Secrets that are shown once: sealed into a cookie of whoever made them, for ten minutes, so that
//! a reload neither makes another one nor loses this one.

use std::time::Duration;

use actix_web::HttpResponse;
use zeroize::Zeroizing;

use crate::answer::{Cookie, see_other};
use crate::limits::SECRET_LIFETIME;
use crate::visit::Visit;

const SECRET_COOKIE: &str = "kayle-secret";

/// Sends the browser on to the page that shows the secret of `subject`.
pub(crate) fn show_at(visit: &Visit, path: &str, subject: &str, secret: &str) -> HttpResponse {
    let sealed = visit
        .webhooks()
        .seal_for_browser(visit.person.user_id, subject, secret);
    let mut response = see_other(path);
    set(visit, path, &sealed, SECRET_LIFETIME, &mut response);
    response
}

/// Returns the secret of `subject`, if this person made it a moment ago in this browser.
pub(crate) fn recall(visit: &Visit, subject: &str) -> Option<Zeroizing<String>> {
    let sealed = visit.request.cookie(SECRET_COOKIE)?;
    visit
        .webhooks()
        .open_for_browser(visit.person.user_id, subject, sealed)
}

/// Has the browser forget what was shown at `path`.
pub(crate) fn forget(visit: &Visit, path: &str, response: &mut HttpResponse) {
    set(visit, path, "", Duration::ZERO, response);
}

fn set(visit: &Visit, path: &str, value: &str, lifetime: Duration, response: &mut HttpResponse) {
    let cookie = Cookie {
        name: SECRET_COOKIE,
        value,
        path,
        lifetime,
    };
    cookie.set(&visit.request.dashboard, response);
}
