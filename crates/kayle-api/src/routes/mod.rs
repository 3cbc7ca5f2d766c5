//! The table of all routes. One operation is one file, with a `route()` that says its method, its
//! scope and its place in the documentation.

mod answer;
mod deliveries;
mod encryption_keys;
mod endpoints;
mod events;
mod health;
mod internal;
mod operation;
mod sessions;
pub(crate) mod unknown;

use actix_web::Resource;
use actix_web::web::{self, ServiceConfig};

/// Registers every route.
pub(crate) fn configure(config: &mut ServiceConfig) {
    config
        .service(resource("/").route(health::greeting::route()))
        .service(resource("/health/live").route(health::live::route()))
        .service(resource("/health/ready").route(health::ready::route()));
    endpoints_and_keys(config);
    deliveries_and_events(config);
    sessions_and_intake(config);
}

fn endpoints_and_keys(config: &mut ServiceConfig) {
    config
        .service(
            resource("/v1/webhooks/endpoints")
                .route(endpoints::create::route())
                .route(endpoints::list::route()),
        )
        .service(resource("/v1/webhooks/endpoints/{endpoint_id}").route(endpoints::get::route()))
        .service(
            resource("/v1/webhooks/endpoints/{endpoint_id}/signing-secret/reveal")
                .route(endpoints::reveal::route()),
        )
        .service(
            resource("/v1/webhooks/endpoints/{endpoint_id}/keys")
                .route(encryption_keys::register::route())
                .route(encryption_keys::list::route()),
        );
}

fn deliveries_and_events(config: &mut ServiceConfig) {
    config
        .service(resource("/v1/webhooks/deliveries").route(deliveries::list::route()))
        .service(resource("/v1/webhooks/deliveries/{delivery_id}").route(deliveries::get::route()))
        .service(
            resource("/v1/webhooks/deliveries/{delivery_id}/retry")
                .route(deliveries::retry::route()),
        );
    // The second is kept for older integrations (contract 3.6).
    for base in ["/v1/webhooks/events", "/v1/events"] {
        config
            .service(resource(base).route(events::list::route()))
            .service(resource(&format!("{base}/{{event_id}}")).route(events::get::route()))
            .service(
                resource(&format!("{base}/{{event_id}}/replay")).route(events::replay::route()),
            );
    }
}

fn sessions_and_intake(config: &mut ServiceConfig) {
    config
        .service(
            resource("/v1/sessions")
                .route(sessions::create::route())
                .route(sessions::list::route()),
        )
        .service(resource("/v1/sessions/{session_id}").route(sessions::get::route()))
        .service(resource("/v1/sessions/{session_id}/cancel").route(sessions::cancel::route()))
        .service(
            resource("/internal/v1/sessions/{session_id}/begin")
                .route(internal::begin_session::route()),
        )
        .service(
            resource("/internal/v1/sessions/{session_id}/attempts")
                .route(internal::report_attempt::route()),
        );
}

/// Begins a path. A method that it has no route for is an unknown route: 404, never 405.
fn resource(path: &str) -> Resource {
    web::resource(path).default_service(web::route().to(unknown::answer))
}

#[cfg(test)]
mod tests;
