//! The encryption keys of an endpoint, and the form that adds one.

use actix_web::http::StatusCode;
use askama::Template;
use kayle_app::encryption_keys::EncryptionKeyOverview;
use kayle_app::limits::RETAINED_COUNTED_MAX;
use kayle_endpoints::{EncryptionKey, Endpoint, Prover};
use kayle_primitives::{EncryptionKeyId, EndpointId, Id, Page, PageLimit, PageRequest};

use crate::answer::{Answer, page_with};
use crate::fields::link;
use crate::frame::{Frame, Section};
use crate::limits::CHOICES;
use crate::pages::endpoint_form::Field;
use crate::parts::{Badge, Copied, Icon, Moment, Tone};
use crate::refusal::Refusal;
use crate::visit::Visit;
use crate::words::{counted, endpoint_name};

#[derive(Template)]
#[template(path = "keys.html")]
struct KeysPage {
    frame: Frame,
    id: EndpointId,
    name: String,
    /// The active key first.
    rows: Vec<Row>,
    /// Where the next keys are that are not active.
    more: Option<String>,
    has_active: bool,
    form: KeyForm,
    /// Whether it is part of setting an endpoint up.
    is_setup: bool,
    refusal: Option<String>,
}

struct Row {
    key_id: String,
    copied: Copied,
    bits: u64,
    thumbprint: Copied,
    badge: Badge,
    proof: Badge,
    /// Where it is proven.
    prove: String,
    /// How many deliveries are encrypted to it.
    needed_by: String,
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
    let active = keys_of(visit, &endpoint.id, true, None).await?;
    let after = visit.request.query().given("after").map(Id::parse);
    let after = after.transpose().map_err(|_| Refusal::NotFound)?;
    let others = keys_of(visit, &endpoint.id, false, after).await?;
    let last = others.items.last().filter(|_| others.has_more);
    let more = last.map(|last| {
        let page = format!("/webhooks/{}/keys", endpoint.id);
        link(&page, &[("after", last.id.as_str())])
    });
    let has_active = !active.items.is_empty();
    let keys = active.items.into_iter().chain(others.items).collect();
    let keys = visit.webhooks().overview_encryption_keys(keys).await?;
    let page = KeysPage {
        frame: visit.frame("Keys", Section::Endpoints),
        name: endpoint_name(&endpoint),
        has_active,
        rows: keys.iter().map(|key| row(visit, key)).collect(),
        more,
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

/// Returns the active key, or a page of the others.
async fn keys_of(
    visit: &Visit,
    id: &EndpointId,
    is_active: bool,
    starting_after: Option<EncryptionKeyId>,
) -> Result<Page<EncryptionKey>, Refusal> {
    let request = PageRequest {
        limit: PageLimit::new(CHOICES).map_err(|_| Refusal::Broken)?,
        starting_after,
    };
    let (webhooks, organization) = (visit.webhooks(), visit.organization_id());
    let keys = webhooks.list_encryption_keys(organization, id, Some(is_active), &request);
    Ok(keys.await?)
}

/// Finds one of the endpoint's keys.
pub(crate) async fn find(
    visit: &Visit,
    endpoint_id: &EndpointId,
    id: &EncryptionKeyId,
) -> Result<Option<EncryptionKeyOverview>, Refusal> {
    let (webhooks, organization) = (visit.webhooks(), visit.organization_id());
    let found = webhooks.get_encryption_key(organization, endpoint_id, id);
    let Some(key) = found.await? else {
        return Ok(None);
    };
    let overview = webhooks.overview_encryption_key(key).await?;
    Ok(Some(overview))
}

/// Says whether somebody has shown to have the private half.
pub(crate) fn proof_of(key: &EncryptionKey) -> Badge {
    match key.proof.map(|proof| proof.by) {
        None => Badge::new(Tone::Quiet, Icon::Clock, "Not proven"),
        Some(Prover::Caller) => Badge::new(Tone::Ok, Icon::Check, "Proven"),
        Some(Prover::Receiver) => Badge::new(Tone::Ok, Icon::Check, "Proven by your server"),
    }
}

/// Says how many deliveries are still encrypted to a key.
pub(crate) fn needed_by(overview: &EncryptionKeyOverview) -> String {
    match overview.retained_deliveries {
        0 => "no delivery".to_owned(),
        RETAINED_COUNTED_MAX => format!("{RETAINED_COUNTED_MAX} deliveries or more"),
        count => counted(count, "delivery", "deliveries"),
    }
}

fn row(visit: &Visit, overview: &EncryptionKeyOverview) -> Row {
    let key = &overview.key;
    let is_active = key.is_active();
    let verb = if is_active {
        "deactivate"
    } else {
        "reactivate"
    };
    Row {
        key_id: key.key_id.as_str().to_owned(),
        copied: Copied::new(&key.id, "key's id"),
        bits: key.jwk.bits(),
        thumbprint: Copied::new(&key.jwk.thumbprint(), "thumbprint"),
        proof: proof_of(key),
        prove: format!("/webhooks/{}/keys/{}/proof", key.endpoint_id, key.id),
        needed_by: needed_by(overview),
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
