//! From where a browser sends a request. A cookie comes along with whatever any page sends, so a
//! change that is asked for with one must come from our own pages (contract 13.3).

use actix_web::HttpRequest;
use actix_web::http::header::{self, HeaderName};
use kayle_app::access::comes_from;

use crate::api::Api;
use crate::error::ApiError;

const HINT: &str = "Open the service at the address that its operator set as KAYLE_PUBLIC_URL, or use \
                    an API key.";

/// Lets a request through that comes from the dashboard or from the service itself: else 403. Only
/// what was configured counts: a browser may be made to send any `Host`.
pub(crate) fn require_own_origin(api: &Api, request: &HttpRequest) -> Result<(), ApiError> {
    let bytes = |name: HeaderName| Some(request.headers().get(name)?.as_bytes());
    let configured = api.dashboard_origin.iter().chain([&api.public_url]);
    let own: Vec<&str> = configured.map(String::as_str).collect();
    if comes_from(&own, bytes(header::ORIGIN), bytes(header::REFERER)) {
        return Ok(());
    }
    let error = ApiError::forbidden(
        "a change with a cookie must come from the dashboard or from the service itself",
    );
    Err(error.with_hint(HINT))
}
