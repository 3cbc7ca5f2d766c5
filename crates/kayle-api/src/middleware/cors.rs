//! What browsers are told about answers to pages of another origin (contract 3.10). There is one
//! such origin, the dashboard's; without it nothing is said, and browsers allow nothing.

use actix_web::body::{EitherBody, MessageBody};
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::Method;
use actix_web::http::header::{self, HeaderMap, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, HttpResponse, web};
use kayle_app::access::origin_of;

use crate::api::Api;

const HEADERS: HeaderValue = HeaderValue::from_static("Authorization, Content-Type");
const METHODS: HeaderValue = HeaderValue::from_static("GET, POST, PATCH, DELETE, OPTIONS");
const CREDENTIALS: HeaderValue = HeaderValue::from_static("true");
const VARY: HeaderValue = HeaderValue::from_static("Origin");

/// Lets the dashboard's pages read answers, and answers their preflights before anybody asks who
/// is calling: a browser sends those without any credential.
pub(crate) async fn allow_dashboard(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<EitherBody<impl MessageBody>>, Error> {
    let api = request.app_data::<web::Data<Api>>();
    let dashboard = api.and_then(|api| origin_of(api.dashboard_origin.as_deref()?));
    let Some(dashboard) = dashboard else {
        return Ok(next.call(request).await?.map_into_left_body());
    };
    let origin = request.headers().get(header::ORIGIN).cloned();
    let origin = origin.filter(|origin| origin.as_bytes() == dashboard.as_bytes());
    let mut response = if origin.is_some() && is_preflight(&request) {
        let answer = HttpResponse::NoContent()
            .insert_header((header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS))
            .insert_header((header::ACCESS_CONTROL_ALLOW_METHODS, METHODS))
            .finish();
        request.into_response(answer).map_into_right_body()
    } else {
        next.call(request).await?.map_into_left_body()
    };
    set_headers(response.headers_mut(), origin);
    Ok(response)
}

fn is_preflight(request: &ServiceRequest) -> bool {
    request.method() == Method::OPTIONS
        && request
            .headers()
            .contains_key(header::ACCESS_CONTROL_REQUEST_METHOD)
}

/// Allows `origin`, if it is the dashboard's. That the answer depends on it is always said: else a
/// cache could give one origin the answer that another one got.
fn set_headers(headers: &mut HeaderMap, origin: Option<HeaderValue>) {
    headers.append(header::VARY, VARY);
    if let Some(origin) = origin {
        headers.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        headers.insert(header::ACCESS_CONTROL_ALLOW_CREDENTIALS, CREDENTIALS);
    }
}
