//! Every named schema of the document.

mod api_keys;
mod audit;
mod claims;
mod deliveries;
mod encryption_keys;
mod endpoints;
mod events;
mod payloads;
mod service;
mod sessions;

use utoipa::openapi::Schema;

use super::envelope;

pub(super) use payloads::payload_name;

/// Returns the schemas by name.
pub(super) fn all() -> impl Iterator<Item = (&'static str, Schema)> {
    let shared = [
        ("Pagination", envelope::pagination()),
        ("NoPagination", envelope::no_pagination()),
    ];
    shared
        .into_iter()
        .chain(service::schemas())
        .chain(endpoints::schemas())
        .chain(encryption_keys::schemas())
        .chain(deliveries::schemas())
        .chain(events::schemas())
        .chain(sessions::schemas())
        .chain(api_keys::schemas())
        .chain(audit::schemas())
        .chain(payloads::schemas())
}
