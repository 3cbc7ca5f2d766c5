//! All operations. One operation is one file: a constant that tells everything of it, and the
//! function that runs it.
//!
//! The router and the OpenAPI document are both made from these constants: what is described is
//! routed, and what is routed is described, or left out on purpose.

mod analytics;
mod answer;
mod api_keys;
mod audit_log;
mod deliveries;
mod encryption_keys;
mod endpoints;
mod events;
mod health;
mod internal;
mod reference;
mod sessions;
pub(crate) mod unknown;
mod verify;

use actix_web::Resource;
use actix_web::web::{self, ServiceConfig};

use crate::api::Surface;
use crate::operation::{Audience, Operation, Run};

/// The operations, resource by resource, in the order of the document.
const RESOURCES: [&[&Operation]; 12] = [
    health::OPERATIONS,
    reference::OPERATIONS,
    endpoints::OPERATIONS,
    encryption_keys::OPERATIONS,
    deliveries::OPERATIONS,
    events::OPERATIONS,
    analytics::OPERATIONS,
    sessions::OPERATIONS,
    verify::OPERATIONS,
    api_keys::OPERATIONS,
    audit_log::OPERATIONS,
    internal::OPERATIONS,
];

/// Returns every operation.
pub(crate) fn operations() -> impl Iterator<Item = &'static Operation> {
    RESOURCES.into_iter().flatten().copied()
}

/// Returns the pattern of every path that is answered, as often as it has operations.
pub fn route_patterns() -> impl Iterator<Item = &'static str> {
    operations().map(|operation| operation.path)
}

/// Registers the operations of a surface.
pub(crate) fn configure(config: &mut ServiceConfig, surface: Surface) {
    let mut resources: Vec<(&str, Resource)> = Vec::new();
    for operation in operations().filter(|operation| is_on(surface, operation)) {
        let path = operation.path;
        let known = resources.iter().position(|(known, _)| *known == path);
        let resource = match known {
            Some(known) => resources.remove(known).1,
            None => resource(path),
        };
        resources.push((path, resource.route(operation.route())));
    }
    // One path is tried after the other: what the platform reports comes before what people ask.
    resources.sort_by_key(|(path, _)| !path.starts_with("/internal/"));
    for (_, resource) in resources {
        config.service(resource);
    }
}

fn is_on(surface: Surface, operation: &Operation) -> bool {
    let is_for_supervisors = operation.audience == Audience::Supervisors;
    let is_for_services = matches!(operation.run, Run::Service(_));
    match surface {
        Surface::Everything => true,
        Surface::Callers => !is_for_services,
        Surface::Intake => is_for_services || is_for_supervisors,
        Surface::Health => is_for_supervisors,
    }
}

/// Begins a path. A method that it has no operation for is an unknown route: 404, never 405.
fn resource(path: &str) -> Resource {
    web::resource(path).default_service(web::route().to(unknown::answer))
}

#[cfg(test)]
mod tests;
