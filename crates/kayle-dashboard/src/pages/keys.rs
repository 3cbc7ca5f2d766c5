//! The encryption keys of an endpoint, and the form that adds one.

use actix_web::http::StatusCode;
use askama::Template;
use kayle_endpoints::{EncryptionKey, Endpoint};
use kayle_primitives::{EndpointId, PageLimit, PageRequest};

use crate::answer::{Answer, page_with};
use crate::frame::{Frame, Section};
use crate::limits::CHOICES;
use crate::pages::endpoint_form::Field;
use crate::parts::{Badge, Copied, Icon, Moment, Tone};
use crate::refusal::Refusal;
use crate::visit::Visit;
use crate::words::endpoint_name;

#[derive(Template)]
#[template(path = "keys.html")]
struct KeysPage {
    frame: Frame,
    id: EndpointId,
    name: String,
    rows: Vec<Row>,
    has_active: bool,
    form: KeyForm,
    /// Whether it is part of setting an endpoint up.
    is_setup: bool,
    refusal: Option<String>,
}

struct Row {
    key_id: String,
    copied: Copied,
    badge: Badge,
    is_active: bool,
    created: Moment,
    /// Where it is taken out of use, or put back.
    switch: String,
}

/// What the form shows. The key itself is not shown again: it may be a private one by mistake.
#[derive(Default)]
pub(crate) struct KeyForm {
    pub(crate) key_id: Field,
    pub(crate) error: Option<String>,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    answer(&visit, KeyForm::default(), StatusCode::OK, false).await
}

pub(crate) async fn setup(visit: Visit) -> Answer {
    answer(&visit, KeyForm::default(), StatusCode::OK, true).await
}

/// Shows the keys and the form, with what is wrong in it.
pub(crate) async fn answer(
    visit: &Visit,
    form: KeyForm,
    status: StatusCode,
    is_setup: bool,
) -> Answer {
    let endpoint = endpoint_of(visit).await?;
    let request = PageRequest {
        limit: PageLimit::new(CHOICES).map_err(|_| Refusal::Broken)?,
        starting_after: None,
    };
    let keys = visit
        .webhooks()
        .list_encryption_keys(visit.organization_id(), &endpoint.id, None, &request)
        .await?;
    let mut rows: Vec<Row> = keys.items.iter().map(|key| row(visit, key)).collect();
    rows.sort_by_key(|row| !row.is_active);
    let page = KeysPage {
        frame: visit.frame("Keys", Section::Endpoints),
        name: endpoint_name(&endpoint),
        has_active: rows.iter().any(|row| row.is_active),
        rows,
        form,
        is_setup,
        refusal: visit.may_change().refusal("change keys"),
        id: endpoint.id,
    };
    page_with(status, &page)
}

/// Finds the endpoint that the path names.
pub(crate) async fn endpoint_of(visit: &Visit) -> Result<Endpoint, Refusal> {
    let id: EndpointId = visit.id("endpoint")?;
    let found = visit.webhooks().get_endpoint(visit.organization_id(), &id);
    found.await?.ok_or(Refusal::NotFound)
}

fn row(visit: &Visit, key: &EncryptionKey) -> Row {
    let is_active = key.is_active();
    let verb = if is_active {
        "deactivate"
    } else {
        "reactivate"
    };
    Row {
        key_id: key.key_id.as_str().to_owned(),
        copied: Copied::new(&key.id, "key's id"),
        badge: if is_active {
            Badge::new(Tone::Ok, Icon::Check, "Active")
        } else {
            Badge::new(Tone::Quiet, Icon::Pause, "Not active")
        },
        is_active,
        created: Moment::new(key.created_at, visit.now),
        switch: format!("/webhooks/{}/keys/{}/{verb}", key.endpoint_id, key.id),
    }
}
