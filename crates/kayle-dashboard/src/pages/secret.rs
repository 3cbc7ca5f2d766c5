//! A signing secret, to whoever made or revealed it a moment ago.

use actix_web::HttpResponse;
use askama::Template;
use kayle_primitives::EndpointId;
use zeroize::Zeroizing;

use crate::answer::{Answer, secret_page, see_other};
use crate::fields::Fields;
use crate::frame::{Frame, Section};
use crate::refusal::Refusal;
use crate::secrets;
use crate::visit::Visit;
use crate::words::endpoint_name;

#[derive(Template)]
#[template(path = "secret.html")]
struct SecretPage {
    frame: Frame,
    id: EndpointId,
    name: String,
    /// `None` if it can no longer be shown here.
    secret: Option<Zeroizing<String>>,
    /// Whether it is part of setting an endpoint up.
    is_setup: bool,
    /// Where the button leads.
    forget: String,
}

/// Shows the secret of an endpoint that was just made.
pub(crate) async fn setup(visit: Visit) -> Answer {
    show_within(&visit, true).await
}

/// Shows the secret of an endpoint that was there.
pub(crate) async fn show(visit: Visit) -> Answer {
    show_within(&visit, false).await
}

async fn show_within(visit: &Visit, is_setup: bool) -> Answer {
    let id: EndpointId = visit.id("endpoint")?;
    let found = visit.webhooks().get_endpoint(visit.organization_id(), &id);
    let endpoint = found.await?.ok_or(Refusal::NotFound)?;
    secret_page(&SecretPage {
        frame: visit.frame("Signing secret", Section::Endpoints),
        name: endpoint_name(&endpoint),
        secret: secrets::recall(visit, id.as_str()),
        is_setup,
        forget: format!("{}/forget", path(&id, is_setup)),
        id,
    })
}

/// Forgets it, and goes on to the key.
pub(crate) async fn forget_setup(visit: Visit, _: Fields) -> Answer {
    let id: EndpointId = visit.id("endpoint")?;
    let next = format!("/webhooks/{id}/setup/key");
    Ok(forget(&visit, &path(&id, true), &next))
}

/// Forgets it, and goes back to the settings.
pub(crate) async fn forget_shown(visit: Visit, _: Fields) -> Answer {
    let id: EndpointId = visit.id("endpoint")?;
    let next = format!("/webhooks/{id}/settings");
    Ok(forget(&visit, &path(&id, false), &next))
}

fn forget(visit: &Visit, shown_at: &str, next: &str) -> HttpResponse {
    let mut response = see_other(next);
    secrets::forget(visit, shown_at, &mut response);
    response
}

/// Returns where the secret is shown.
fn path(id: &EndpointId, is_setup: bool) -> String {
    let setup = if is_setup { "/setup" } else { "" };
    format!("/webhooks/{id}{setup}/secret")
}
