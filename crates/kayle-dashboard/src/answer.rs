//! What is answered: a page, or where to go on.

use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::{HttpResponse, HttpResponseBuilder};
use askama::Template;

use crate::dashboard::Dashboard;
use crate::frame::Notice;
use crate::limits::NOTICE_LIFETIME;
use crate::refusal::Refusal;

/// What a page or an action comes to.
pub(crate) type Answer = Result<HttpResponse, Refusal>;

/// Nothing is loaded from elsewhere, and nothing runs that is not one of our files.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
                      connect-src 'self'; form-action 'self'; base-uri 'none'; \
                      frame-ancestors 'none'";

/// `no-referrer` would have browsers send forms with `Origin: null`, which is refused.
const REFERRER: &str = "same-origin";

/// The cookie of a message for the next page.
pub(crate) const NOTICE_COOKIE: &str = "kayle-notice";

/// Answers a page.
pub(crate) fn page(template: &impl Template) -> Answer {
    page_with(StatusCode::OK, template)
}

/// Answers a page with another status than 200.
pub(crate) fn page_with(status: StatusCode, template: &impl Template) -> Answer {
    let html = template.render().map_err(|error| Refusal::broken(&error))?;
    let mut builder = HttpResponse::build(status);
    Ok(protect(&mut builder)
        .content_type("text/html; charset=utf-8")
        .body(html))
}

/// Answers a page with a secret in it: no cache keeps it, and no compression tells its bytes by
/// their number.
pub(crate) fn secret_page(template: &impl Template) -> Answer {
    let mut response = page(template)?;
    let identity = HeaderValue::from_static("identity");
    response
        .headers_mut()
        .insert(header::CONTENT_ENCODING, identity);
    Ok(response)
}

fn protect(builder: &mut HttpResponseBuilder) -> &mut HttpResponseBuilder {
    builder
        .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
        .insert_header((header::REFERRER_POLICY, REFERRER))
        .insert_header((header::CACHE_CONTROL, "no-store"))
        .insert_header((
            HeaderName::from_static("cross-origin-opener-policy"),
            "same-origin",
        ))
}

/// Sends the browser on with a GET.
pub(crate) fn see_other(path: &str) -> HttpResponse {
    let mut builder = HttpResponse::SeeOther();
    protect(&mut builder)
        .insert_header((header::LOCATION, path))
        .finish()
}

/// Sends the browser on to a page that says what was done.
pub(crate) fn done(dashboard: &Dashboard, path: &str, notice: Notice) -> HttpResponse {
    let mut response = see_other(path);
    let cookie = Cookie {
        name: NOTICE_COOKIE,
        value: &notice.cookie(),
        path: "/webhooks",
        lifetime: NOTICE_LIFETIME,
    };
    cookie.set(dashboard, &mut response);
    response
}

/// A cookie that no script can read.
pub(crate) struct Cookie<'a> {
    pub(crate) name: &'a str,
    /// ASCII without blanks, commas and semicolons.
    pub(crate) value: &'a str,
    pub(crate) path: &'a str,
    /// Zero deletes it.
    pub(crate) lifetime: Duration,
}

impl Cookie<'_> {
    /// Has the browser keep it.
    pub(crate) fn set(&self, dashboard: &Dashboard, response: &mut HttpResponse) {
        let Self {
            name, value, path, ..
        } = self;
        let secure = if dashboard.https {
            "; Secure; Partitioned"
        } else {
            ""
        };
        let text = format!(
            "{name}={value}; Path={path}; Max-Age={}; HttpOnly; SameSite=Lax{secure}",
            self.lifetime.as_secs()
        );
        if let Ok(header) = HeaderValue::try_from(text) {
            response.headers_mut().append(header::SET_COOKIE, header);
        }
    }
}
