//! What the demo tells, in the order in which it happens.

use anyhow::Context;
use serde_json::Value;

use kayle_testkit::receiver::{Behaviour, Reaction};

use super::customer::{Customer, KEY_ID};
use super::screen::Screen;
use crate::service::Service;
use crate::service::api::Api;

mod dashboard;
mod disk;
mod failing_endpoint;
mod first_delivery;
mod play;
mod verification;

pub(super) use self::play::play_on;

/// Who takes part, with the credentials of each.
pub(super) struct Cast {
    organization_id: String,
    /// The organization's own access, by API key.
    api: Api,
    api_key: String,
    /// The access of the Kayle service that verifies people and reports it.
    intake: Api,
    service_token: String,
    /// The organization's server.
    customer: Customer,
}

/// The organization's name: no secret, so it proves that the search for secrets can find things.
const ORGANIZATION: &str = "Radium Institute";

/// Shows everything, from an empty database to a search of what was written.
///
/// # Errors
/// A step did not hold.
pub(super) async fn tell(screen: &mut Screen, service: &Service) -> anyhow::Result<Cast> {
    screen.step("The service is up, on an empty SQLite database");
    screen.line("listening on", service.url());
    screen.line("folder", service.folder().display());

    let cast = meet_the_cast(screen, service).await?;
    let first = first_delivery::tell(screen, &cast).await?;
    let second = failing_endpoint::tell(screen, &cast).await?;
    disk::tell(screen, service, &cast, &[first, second])?;
    Ok(cast)
}

async fn meet_the_cast(screen: &mut Screen, service: &Service) -> anyhow::Result<Cast> {
    screen.step("An operator makes an organization, its API key and a service token");
    let organization_id = service.create_organization(ORGANIZATION).await?;
    screen.line("organization", &organization_id);
    let api_key = service.create_api_key(&organization_id).await?;
    screen.line("API key", &api_key);
    let service_token = service.create_service_token().await?;
    screen.line("service token", excerpt(&service_token));

    screen.step("The customer registers an endpoint and an RSA key");
    let api = Api::new(service.url(), &api_key)?;
    // The first answer is held, so that the delivery can be looked at while it is under way.
    let behaviour = Behaviour::script([Reaction::StatusOnRelease(204)]);
    let customer = Customer::register(&api, "A server that works", behaviour).await?;
    screen.line("endpoint", &customer.endpoint_id);
    screen.line("URL", &customer.url);
    screen.line("signing secret", &customer.signing_secret);
    screen.line("encryption key", KEY_ID);
    Ok(Cast {
        organization_id,
        intake: Api::new(service.url(), &service_token)?,
        api,
        api_key,
        service_token,
        customer,
    })
}

/// The beginning of a long text, and how long it is.
fn excerpt(text: &str) -> String {
    const SHOWN: usize = 64;
    let beginning: String = text.chars().take(SHOWN).collect();
    format!("{beginning}… ({} characters)", text.len())
}

/// A JSON value as a person would write it in a table.
fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Returns the only element of a list of ids.
fn only<'a>(answer: &'a Value, pointer: &str) -> anyhow::Result<&'a str> {
    let ids = answer.pointer(pointer).and_then(Value::as_array);
    let [id] = ids.map_or(&[][..], Vec::as_slice) else {
        anyhow::bail!("the answer does not have exactly one id at {pointer}");
    };
    id.as_str().context("an id is not text")
}
