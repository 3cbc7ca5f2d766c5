//! The OpenAPI document (contract 3.10), made from the operations.
//!
//! The cast: `operation` says what is told of one of them; their answers and bodies bring their
//! schemas along, which `flat` makes readable; `envelope` wraps answers, `parameters` describes
//! paths and queries, `webhooks` says what we send and `payloads` what it is once decrypted.

mod envelope;
mod flat;
mod operation;
pub(crate) mod parameters;
mod payloads;
mod webhooks;

use std::collections::BTreeMap;

use strum::IntoEnumIterator;
use utoipa::openapi::path::Paths;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, Http, HttpAuthScheme, SecurityScheme};
use utoipa::openapi::tag;
use utoipa::openapi::{
    Components, ComponentsBuilder, Info, License, OpenApi, OpenApiBuilder, RefOr, Schema,
};

use self::envelope::Refusal;
use self::flat::Derived;
use crate::operation::{Operation, Tag};

const BEARER: &str = "bearerAuth";
const COOKIE: &str = "sessionCookie";

/// The document as JSON.
pub(crate) struct Json(pub(crate) String);

impl Json {
    /// Writes the document of those operations that are meant to be described.
    ///
    /// # Panics
    ///
    /// A path has a parameter without a schema.
    pub(crate) fn new(operations: impl Iterator<Item = &'static Operation>) -> Self {
        let json = document(operations).to_json();
        Self(json.expect("the document holds nothing but texts, numbers and maps"))
    }
}

fn document(operations: impl Iterator<Item = &'static Operation>) -> OpenApi {
    let operations: Vec<_> = operations
        .filter(|operation| operation.is_documented())
        .collect();
    OpenApiBuilder::new()
        .info(info())
        .tags(Some(Tag::iter().map(|heading| {
            tag::Tag::builder()
                .name(heading.name())
                .description(Some(heading.about()))
                .build()
        })))
        .paths(paths(&operations))
        .webhooks(Some(webhooks::all()))
        .components(Some(components(&operations)))
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

fn paths(operations: &[&Operation]) -> Paths {
    operations
        .iter()
        .fold(Paths::new(), |mut paths, operation| {
            let methods = vec![operation.method()];
            paths.add_path_operation(operation.path, methods, operation.described());
            paths
        })
}

fn components(operations: &[&Operation]) -> Components {
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
    let with_schemas = schemas(operations)
        .fold(ComponentsBuilder::new(), |components, (name, schema)| {
            components.schema(name, schema)
        });
    shared_refusals(operations)
        .into_iter()
        .fold(with_schemas, |components, (name, refusal)| {
            components.response(name, refusal.response())
        })
        .security_scheme(BEARER, SecurityScheme::Http(bearer))
        .security_scheme(COOKIE, SecurityScheme::ApiKey(cookie))
        .build()
}

/// Returns every schema that has a name.
fn schemas(operations: &[&Operation]) -> impl Iterator<Item = (String, RefOr<Schema>)> {
    let mut answers = Derived::default();
    for answer in operations
        .iter()
        .filter_map(|operation| operation.answered())
    {
        answers.extend((answer.schemas)());
    }
    let taken = operations.iter().filter_map(|operation| operation.taken());
    let bodies = taken.flat_map(|body| (body.schemas)());
    let ours = [
        ("Pagination", envelope::pagination()),
        ("NoPagination", envelope::no_pagination()),
    ];
    let ours = ours.into_iter().chain(payloads::schemas());
    let ours = ours.map(|(name, schema)| (name.to_owned(), schema.into()));
    answers.into_named().chain(bodies).chain(ours)
}

/// Returns the refusals that many operations share, by name.
fn shared_refusals(operations: &[&Operation]) -> BTreeMap<String, Refusal> {
    operations
        .iter()
        .flat_map(|operation| operation.refusals().into_values())
        .filter_map(|refusal| Some((refusal.shared_name()?, refusal)))
        .collect()
}

#[cfg(test)]
mod tests;
