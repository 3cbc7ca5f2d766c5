//! Gives every request an id, one log line, and a place in the numbers.

use std::time::Duration;

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, web};
use kayle_app::Webhooks;
use kayle_primitives::Timestamp;
use tracing::Instrument;

use crate::api::Api;

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Answers with `X-Request-Id`, and logs the method, the route, the status and the duration.
///
/// The route is its pattern: what callers write into paths, queries, headers and bodies is not for
/// logs.
pub(crate) async fn log_request(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let api = request.app_data::<web::Data<Api>>();
    let api = web::Data::clone(api.expect("the app is made with it"));
    let id = (api.request_ids)();
    let route = request.match_pattern();
    let span = tracing::info_span!(
        "request",
        request.id = %id,
        http.method = %request.method(),
        http.route = route.as_deref().unwrap_or("unknown"),
    );
    let mut counted = Counted::begin(&api.webhooks, route);
    let mut response = next.call(request).instrument(span.clone()).await?;
    let duration = counted.duration();
    let status = response.status().as_u16();
    counted.status_code = Some(status);
    span.in_scope(|| {
        tracing::info!(
            http.status = status,
            duration_ms = duration.as_millis(),
            "answered"
        );
    });
    if let Ok(id) = HeaderValue::from_str(&id) {
        response.headers_mut().insert(REQUEST_ID, id);
    }
    Ok(response)
}

/// A request, which is counted when this is dropped: at its answer, or when its caller hangs up.
struct Counted<'a> {
    webhooks: &'a Webhooks,
    route: Option<String>,
    status_code: Option<u16>,
    began: Timestamp,
}

impl<'a> Counted<'a> {
    fn begin(webhooks: &'a Webhooks, route: Option<String>) -> Self {
        webhooks.meter().request_began();
        Self {
            webhooks,
            route,
            status_code: None,
            began: webhooks.now(),
        }
    }

    fn duration(&self) -> Duration {
        self.webhooks.now().since(self.began)
    }
}

impl Drop for Counted<'_> {
    fn drop(&mut self) {
        let (route, took) = (self.route.as_deref(), self.duration());
        let meter = self.webhooks.meter();
        meter.request_ended(route, self.status_code, took);
    }
}
