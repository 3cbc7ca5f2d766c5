//! From where a browser sends a request. A cookie comes along with whatever any page sends, so a
//! change that is asked for with one must come from our own pages (contract 13.3).

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderName};

use crate::api::Api;
use crate::error::ApiError;
use crate::origin::origin_of;

/// Lets a request through that comes from the dashboard or from the service itself: else 403.
pub(crate) fn require_own_origin(api: &Api, request: &HttpRequest) -> Result<(), ApiError> {
    let origin = stated_origin(request);
    if origin.is_some_and(|origin| is_own(api, request, &origin)) {
        return Ok(());
    }
    let error = ApiError::forbidden(
        "a change with a cookie must come from the dashboard or from the service itself",
    );
    Err(error.with_hint("Send the Origin header of the dashboard, or use an API key."))
}

/// Returns what `Origin` says, or, only without one, where `Referer` points.
fn stated_origin(request: &HttpRequest) -> Option<String> {
    match text(request, header::ORIGIN) {
        Some(origin) => Some(origin.to_owned()),
        None if request.headers().contains_key(header::ORIGIN) => None,
        None => origin_of(text(request, header::REFERER)?),
    }
}

fn is_own(api: &Api, request: &HttpRequest, origin: &str) -> bool {
    let configured = api.dashboard_origin.iter().chain([&api.public_url]);
    let mut configured = configured.filter_map(|url| origin_of(url));
    configured.any(|own| own == origin) || is_reached_at(api, request, origin)
}

/// Returns whether the origin is the host that the request was sent to. A browser lets no page
/// choose that header. Behind a proxy the service cannot know its own scheme, unless it was told
/// that it is https.
fn is_reached_at(api: &Api, request: &HttpRequest, origin: &str) -> bool {
    let Some(host) = text(request, header::HOST) else {
        return false;
    };
    let schemes: &[&str] = if api.https {
        &["https"]
    } else {
        &["http", "https"]
    };
    let mut reached = schemes
        .iter()
        .filter_map(|scheme| origin_of(&format!("{scheme}://{host}")));
    reached.any(|own| own == origin)
}

fn text(request: &HttpRequest, name: HeaderName) -> Option<&str> {
    request.headers().get(name)?.to_str().ok()
}
