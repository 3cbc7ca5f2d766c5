//! The table of all routes. One operation is one file, with a `route()` that says its method, its
//! scope and its place in the documentation.
//!
//! The router and the OpenAPI document are both made from the table: what is described is routed,
//! and what is routed is described, or hidden on purpose.

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
mod reference;
mod sessions;
pub(crate) mod unknown;
mod verify;

use actix_web::web::{self, ServiceConfig};
use actix_web::{Resource, Route};

use crate::openapi::{Description, descriptions as of};

/// One route.
pub(crate) struct Entry {
    /// The path, with its parameters in braces.
    pub(crate) path: &'static str,
    /// What the OpenAPI document says of it; `None` keeps it out of the document.
    pub(crate) description: Option<&'static Description>,
    route: fn() -> Route,
}

/// Every route. Those of one path stand together.
pub(crate) const TABLE: &[Entry] = &[
    shown("/", health::greeting::route, &of::service::GREETING),
    shown("/health/live", health::live::route, &of::service::LIVE),
    shown("/health/ready", health::ready::route, &of::service::READY),
    shown(
        "/openapi",
        reference::document::route,
        &of::service::DOCUMENT,
    ),
    shown(
        "/reference",
        reference::page::route,
        &of::service::REFERENCE,
    ),
    // A part of the page before.
    hidden("/reference/scalar.js", reference::script::route),
    shown(ENDPOINTS, endpoints::create::route, &of::endpoints::CREATE),
    shown(ENDPOINTS, endpoints::list::route, &of::endpoints::LIST),
    shown(ENDPOINT, endpoints::get::route, &of::endpoints::GET),
    shown(ENDPOINT, endpoints::update::route, &of::endpoints::UPDATE),
    shown(ENDPOINT, endpoints::delete::route, &of::endpoints::DELETE),
    shown(
        "/v1/webhooks/endpoints/{endpoint_id}/signing-secret/reveal",
        endpoints::reveal::route,
        &of::endpoints::REVEAL,
    ),
    shown(
        "/v1/webhooks/endpoints/{endpoint_id}/signing-secret/rotate",
        endpoints::rotate::route,
        &of::endpoints::ROTATE,
    ),
    shown(
        ENDPOINT_KEYS,
        encryption_keys::register::route,
        &of::encryption_keys::REGISTER,
    ),
    shown(
        ENDPOINT_KEYS,
        encryption_keys::list::route,
        &of::encryption_keys::LIST,
    ),
    shown(
        "/v1/webhooks/keys/{key_id}/deactivate",
        encryption_keys::deactivate::route,
        &of::encryption_keys::DEACTIVATE,
    ),
    shown(
        "/v1/webhooks/keys/{key_id}/reactivate",
        encryption_keys::reactivate::route,
        &of::encryption_keys::REACTIVATE,
    ),
    shown(
        "/v1/webhooks/deliveries",
        deliveries::list::route,
        &of::deliveries::LIST,
    ),
    shown(
        "/v1/webhooks/deliveries/{delivery_id}",
        deliveries::get::route,
        &of::deliveries::GET,
    ),
    shown(
        "/v1/webhooks/deliveries/{delivery_id}/retry",
        deliveries::retry::route,
        &of::deliveries::RETRY,
    ),
    shown(
        "/v1/webhooks/events",
        events::list::route,
        &of::events::LIST,
    ),
    shown(
        "/v1/webhooks/events/{event_id}",
        events::get::route,
        &of::events::GET,
    ),
    shown(
        "/v1/webhooks/events/{event_id}/replay",
        events::replay::route,
        &of::events::REPLAY,
    ),
    // The same again under the path of older integrations (contract 3.6).
    shown("/v1/events", events::list::route, &of::events::ALIAS_LIST),
    shown(
        "/v1/events/{event_id}",
        events::get::route,
        &of::events::ALIAS_GET,
    ),
    shown(
        "/v1/events/{event_id}/replay",
        events::replay::route,
        &of::events::ALIAS_REPLAY,
    ),
    shown(
        "/v1/sessions",
        sessions::create::route,
        &of::sessions::CREATE,
    ),
    shown("/v1/sessions", sessions::list::route, &of::sessions::LIST),
    shown(
        "/v1/sessions/{session_id}",
        sessions::get::route,
        &of::sessions::GET,
    ),
    shown(
        "/v1/sessions/{session_id}/cancel",
        sessions::cancel::route,
        &of::sessions::CANCEL,
    ),
    shown(
        "/v1/verify/session/{session_id}/cancel",
        verify::cancel_session::route,
        &of::verify::CANCEL,
    ),
    shown(API_KEYS, api_keys::list::route, &of::api_keys::LIST),
    shown(API_KEYS, api_keys::create::route, &of::api_keys::CREATE),
    shown(API_KEY, api_keys::update::route, &of::api_keys::UPDATE),
    shown(API_KEY, api_keys::delete::route, &of::api_keys::DELETE),
    shown(
        "/v1/auth/orgs/audit-logs",
        audit_log::list::route,
        &of::audit_log::LIST,
    ),
    // Never shown to customers (contract 12).
    hidden(
        "/internal/v1/sessions/{session_id}/begin",
        internal::begin_session::route,
    ),
    hidden(
        "/internal/v1/sessions/{session_id}/attempts",
        internal::report_attempt::route,
    ),
];

const ENDPOINTS: &str = "/v1/webhooks/endpoints";
const ENDPOINT: &str = "/v1/webhooks/endpoints/{endpoint_id}";
const ENDPOINT_KEYS: &str = "/v1/webhooks/endpoints/{endpoint_id}/keys";
const API_KEYS: &str = "/v1/auth/api-keys";
const API_KEY: &str = "/v1/auth/api-keys/{api_key_id}";

/// A route that the OpenAPI document describes.
const fn shown(
    path: &'static str,
    route: fn() -> Route,
    description: &'static Description,
) -> Entry {
    Entry {
        path,
        description: Some(description),
        route,
    }
}

/// A route that the OpenAPI document leaves out.
const fn hidden(path: &'static str, route: fn() -> Route) -> Entry {
    Entry {
        path,
        description: None,
        route,
    }
}

/// Registers every route.
pub(crate) fn configure(config: &mut ServiceConfig) {
    register(config, |_| true);
}

/// Registers the routes for supervisors only.
pub(crate) fn configure_health(config: &mut ServiceConfig) {
    register(config, |path| path.starts_with("/health/"));
}

fn register(config: &mut ServiceConfig, is_meant: impl Fn(&str) -> bool) {
    for entries in TABLE.chunk_by(|one, next| one.path == next.path) {
        if !is_meant(entries[0].path) {
            continue;
        }
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
