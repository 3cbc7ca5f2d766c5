//! The OpenAPI document (contract 3.10), made from the table that routes requests.
//!
//! The cast: [`Description`] is what is said of one operation, `descriptions` holds them all;
//! `schemas` holds every named schema, in the words of `schema`; `envelope` wraps answers,
//! `parameters` reads paths and queries, and `webhooks` says what we send.
//!
//! The views are not derived into schemas, because they hold what was already put into text; the
//! tests of the routes check every answer against the document instead.

mod description;
pub(crate) mod descriptions;
mod envelope;
mod parameters;
mod schema;
mod schemas;
mod webhooks;

use std::collections::BTreeMap;
use std::sync::LazyLock;

use utoipa::openapi::path::Paths;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::tag::Tag;
use utoipa::openapi::{Components, ComponentsBuilder, Info, License, OpenApi, OpenApiBuilder};

use crate::routes::TABLE;

use self::envelope::Refusal;

pub(crate) use self::description::Description;

const BEARER: &str = "bearerAuth";
const COOKIE: &str = "sessionCookie";

/// Returns the document as JSON; it is the same for as long as the process runs.
pub(crate) fn json() -> &'static str {
    static JSON: LazyLock<String> = LazyLock::new(|| {
        let json = document().to_json();
        json.expect("the document holds nothing but texts, numbers and maps")
    });
    &JSON
}

fn document() -> OpenApi {
    OpenApiBuilder::new()
        .info(info())
        .tags(Some(TAGS.map(|(name, about)| {
            Tag::builder().name(name).description(Some(about)).build()
        })))
        .paths(paths())
        .webhooks(Some(webhooks::all()))
        .components(Some(components()))
        .build()
}

fn info() -> Info {
    let license = License::builder()
        .name("Apache-2.0")
        .identifier(Some("Apache-2.0"));
    Info::builder()
        .title("Kayle webhooks")
        .version(env!("CARGO_PKG_VERSION"))
        .description(Some(ABOUT))
        .license(Some(license.build()))
        .build()
}

const ABOUT: &str = "\
Kayle verifies people's identity. When a verification ends, your endpoints are told: each event is \
encrypted to your own key, signed, and delivered on a published retry schedule.

Every answer is `{\"data\": …, \"error\": null}`, and every refusal \
`{\"data\": null, \"error\": {code, message, hint, docs}}`; lists add `pagination`. Of a refusal, \
only `code` is stable. Every answer has an `X-Request-Id`; tell it to us if something is wrong.

Members of a body that are not listed here are ignored. Every path also answers HEAD where it \
answers GET; another method, an unknown path or a slash at the end is `NOT_FOUND`.";

const TAGS: [(&str, &str); 8] = [
    ("Endpoints", "Where events are delivered."),
    ("Encryption keys", "What events are encrypted with."),
    ("Deliveries", "One event on its way to one endpoint."),
    ("Events", "What happened. No personal data is in an event."),
    ("Sessions", "Verifications, where every event begins."),
    ("API keys", "For people at the dashboard."),
    ("Audit log", "For people at the dashboard."),
    ("Service", "The service itself."),
];

fn paths() -> Paths {
    let mut paths = Paths::new();
    for entry in TABLE {
        if let Some(description) = entry.description {
            let operation = description.operation(entry.path);
            paths.add_path_operation(entry.path, vec![description.method.clone()], operation);
        }
    }
    paths
}

fn components() -> Components {
    let bearer = Http::builder()
        .scheme(HttpAuthScheme::Bearer)
        .bearer_format("kk_…")
        .description(Some(
            "An API key. The names with a requirement are the scopes that the key needs; a write \
             scope includes its read scope.",
        ))
        .build();
    let cookie = ApiKey::Cookie(ApiKeyValue::with_description(
        "kayle-id.session_token",
        "A dashboard session; over https the name begins with `__Secure-`. The name with a \
         requirement is the least role in the active organization. Requests that change something \
         need the dashboard's `Origin`.",
    ));
    let with_schemas = schemas::all()
        .fold(ComponentsBuilder::new(), |components, (name, schema)| {
            components.schema(name, schema)
        });
    shared_refusals()
        .into_iter()
        .fold(with_schemas, |components, (name, refusal)| {
            components.response(name, refusal.response())
        })
        .security_scheme(BEARER, SecurityScheme::Http(bearer))
        .security_scheme(COOKIE, SecurityScheme::ApiKey(cookie))
        .build()
}

/// Returns the refusals that many operations share, by name.
fn shared_refusals() -> BTreeMap<String, Refusal> {
    TABLE
        .iter()
        .filter_map(|entry| entry.description)
        .flat_map(|description| description.refusals().into_values())
        .filter_map(|refusal| Some((refusal.shared_name()?, refusal)))
        .collect()
}

#[cfg(test)]
pub(crate) mod promises;
#[cfg(test)]
mod tests;
