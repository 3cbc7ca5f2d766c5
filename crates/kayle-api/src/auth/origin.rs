//! From where a browser sends a request. A cookie comes along with whatever any page sends, so a
//! change that is asked for with one must come from our own pages (contract 13.3).

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderName};
use kayle_app::access::{comes_from, origin_of, stated_origin};

use crate::api::Api;
use crate::error::ApiError;

/// Lets a request through that comes from the dashboard or from the service itself: else 403.
pub(crate) fn require_own_origin(api: &Api, request: &HttpRequest) -> Result<(), ApiError> {
    let (origin, referer) = (
        bytes(request, header::ORIGIN),
        bytes(request, header::REFERER),
    );
    let configured = api.dashboard_origin.iter().chain([&api.public_url]);
    let own: Vec<&str> = configured.map(String::as_str).collect();
    if comes_from(&own, origin, referer)
        || stated_origin(origin, referer).is_some_and(|stated| is_reached_at(api, request, &stated))
    {
        return Ok(());
    }
    let error = ApiError::forbidden(
        "a change with a cookie must come from the dashboard or from the service itself",
    );
    Err(error.with_hint("Send the Origin header of the dashboard, or use an API key."))
}

/// Returns whether the origin is the host that the request was sent to. A browser lets no page
/// choose that header. Behind a proxy the service cannot know its own scheme, unless it was told
/// that it is https.
fn is_reached_at(api: &Api, request: &HttpRequest, origin: &str) -> bool {
    let host = bytes(request, header::HOST).and_then(|host| str::from_utf8(host).ok());
    let Some(host) = host else {
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

fn bytes(request: &HttpRequest, name: HeaderName) -> Option<&[u8]> {
    Some(request.headers().get(name)?.as_bytes())
}
