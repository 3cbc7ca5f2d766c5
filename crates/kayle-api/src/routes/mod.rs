//! The table of all routes. One operation is one file, with a `route()` that says its method, its
//! scope and its place in the documentation.
//!
//! The router is made from the table; so will the OpenAPI document be.

mod answer;
mod api_keys;
mod audit_log;
mod deliveries;
mod encryption_keys;
mod endpoints;
mod events;
mod health;
mod internal;
mod operation;
mod sessions;
pub(crate) mod unknown;
mod verify;

use actix_web::web::{self, ServiceConfig};
use actix_web::{Resource, Route};

/// One route.
pub(crate) struct Entry {
    /// The path, with its parameters in braces.
    pub(crate) path: &'static str,
    route: fn() -> Route,
}

/// Every route. Those of one path stand together.
pub(crate) const TABLE: &[Entry] = &[
    shown("/", health::greeting::route),
    shown("/health/live", health::live::route),
    shown("/health/ready", health::ready::route),
    shown(ENDPOINTS, endpoints::create::route),
    shown(ENDPOINTS, endpoints::list::route),
    shown(ENDPOINT, endpoints::get::route),
    shown(ENDPOINT, endpoints::update::route),
    shown(ENDPOINT, endpoints::delete::route),
    shown(
        "/v1/webhooks/endpoints/{endpoint_id}/signing-secret/reveal",
        endpoints::reveal::route,
    ),
    shown(
        "/v1/webhooks/endpoints/{endpoint_id}/signing-secret/rotate",
        endpoints::rotate::route,
    ),
    shown(ENDPOINT_KEYS, encryption_keys::register::route),
    shown(ENDPOINT_KEYS, encryption_keys::list::route),
    shown(
        "/v1/webhooks/keys/{key_id}/deactivate",
        encryption_keys::deactivate::route,
    ),
    shown(
        "/v1/webhooks/keys/{key_id}/reactivate",
        encryption_keys::reactivate::route,
    ),
    shown("/v1/webhooks/deliveries", deliveries::list::route),
    shown(
        "/v1/webhooks/deliveries/{delivery_id}",
        deliveries::get::route,
    ),
    shown(
        "/v1/webhooks/deliveries/{delivery_id}/retry",
        deliveries::retry::route,
    ),
    shown("/v1/webhooks/events", events::list::route),
    shown("/v1/webhooks/events/{event_id}", events::get::route),
    shown(
        "/v1/webhooks/events/{event_id}/replay",
        events::replay::route,
    ),
    // The same again under the path of older integrations (contract 3.6).
    shown("/v1/events", events::list::route),
    shown("/v1/events/{event_id}", events::get::route),
    shown("/v1/events/{event_id}/replay", events::replay::route),
    shown("/v1/sessions", sessions::create::route),
    shown("/v1/sessions", sessions::list::route),
    shown("/v1/sessions/{session_id}", sessions::get::route),
    shown("/v1/sessions/{session_id}/cancel", sessions::cancel::route),
    shown(
        "/v1/verify/session/{session_id}/cancel",
        verify::cancel_session::route,
    ),
    shown(API_KEYS, api_keys::list::route),
    shown(API_KEYS, api_keys::create::route),
    shown(API_KEY, api_keys::update::route),
    shown(API_KEY, api_keys::delete::route),
    shown("/v1/auth/orgs/audit-logs", audit_log::list::route),
    // Never shown to customers (contract 12).
    shown(
        "/internal/v1/sessions/{session_id}/begin",
        internal::begin_session::route,
    ),
    shown(
        "/internal/v1/sessions/{session_id}/attempts",
        internal::report_attempt::route,
    ),
];

const ENDPOINTS: &str = "/v1/webhooks/endpoints";
const ENDPOINT: &str = "/v1/webhooks/endpoints/{endpoint_id}";
const ENDPOINT_KEYS: &str = "/v1/webhooks/endpoints/{endpoint_id}/keys";
const API_KEYS: &str = "/v1/auth/api-keys";
const API_KEY: &str = "/v1/auth/api-keys/{api_key_id}";

const fn shown(path: &'static str, route: fn() -> Route) -> Entry {
    Entry { path, route }
}

/// Registers every route.
pub(crate) fn configure(config: &mut ServiceConfig) {
    for entries in TABLE.chunk_by(|one, next| one.path == next.path) {
        let empty = resource(entries[0].path);
        let resource = entries
            .iter()
            .fold(empty, |resource, entry| resource.route((entry.route)()));
        config.service(resource);
    }
}

/// Begins a path. A method that it has no route for is an unknown route: 404, never 405.
fn resource(path: &str) -> Resource {
    web::resource(path).default_service(web::route().to(unknown::answer))
}

#[cfg(test)]
mod tests;
