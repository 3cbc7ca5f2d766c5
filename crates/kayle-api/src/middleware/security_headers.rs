//! What browsers and caches are told about every answer (contract 3.10).

use actix_web::body::MessageBody;
use actix_web::dev::{ServiceRequest, ServiceResponse};
use actix_web::http::header::{self, HeaderName, HeaderValue};
use actix_web::middleware::Next;
use actix_web::{Error, web};

use crate::api::Api;

/// What every answer has.
pub(crate) const HEADERS: [(HeaderName, &str); 6] = [
    // Not the contract's: some answers show a secret, and all are meant for one caller.
    (header::CACHE_CONTROL, "no-store"),
    (
        header::CONTENT_SECURITY_POLICY,
        "base-uri 'self'; frame-ancestors 'none'; object-src 'none'",
    ),
    (
        header::PERMISSIONS_POLICY,
        "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    ),
    (header::REFERRER_POLICY, "strict-origin-when-cross-origin"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::X_FRAME_OPTIONS, "DENY"),
];

/// What every answer has where https is spoken.
pub(crate) const TRANSPORT_SECURITY: (HeaderName, &str) = (
    header::STRICT_TRANSPORT_SECURITY,
    "max-age=31536000; includeSubDomains",
);

/// Sets the headers on every answer that does not say otherwise itself; the one about https only
/// where https is spoken.
pub(crate) async fn set_security_headers(
    request: ServiceRequest,
    next: Next<impl MessageBody>,
) -> Result<ServiceResponse<impl MessageBody>, Error> {
    let https = request
        .app_data::<web::Data<Api>>()
        .is_some_and(|api| api.https);
    let mut response = next.call(request).await?;
    let headers = response.headers_mut();
    for (name, value) in HEADERS {
        if !headers.contains_key(&name) {
            headers.insert(name, HeaderValue::from_static(value));
        }
    }
    if https {
        let (name, value) = TRANSPORT_SECURITY;
        headers.insert(name, HeaderValue::from_static(value));
    }
    Ok(response)
}
