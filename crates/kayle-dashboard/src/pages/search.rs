//! One search for every kind of id: it leads to the page of what it names.

use kayle_primitives::Id;

use crate::answer::{Answer, see_other};
use crate::fields::link;
use crate::refusal::Refusal;
use crate::visit::Visit;

pub(crate) async fn show(visit: Visit) -> Answer {
    let query = visit.request.query();
    let text = query.text("q");
    let page = find(&visit, text).await?;
    page.map(|page| see_other(&page)).ok_or(Refusal::NotFound)
}

/// Returns the page about an id; `None` if the organization has no such thing.
async fn find(visit: &Visit, text: &str) -> Result<Option<String>, Refusal> {
    let (webhooks, organization) = (visit.webhooks(), visit.organization_id());
    let prefix = text.split_once('_').map_or("", |(prefix, _)| prefix);
    match prefix {
        "whe" => {
            let id = Id::parse(text).map_err(|_| Refusal::Unsearchable)?;
            let found = webhooks.get_endpoint(organization, &id).await?;
            Ok(found.map(|endpoint| format!("/webhooks/{}", endpoint.id)))
        }
        "whd" => {
            let id = Id::parse(text).map_err(|_| Refusal::Unsearchable)?;
            let found = webhooks.get_delivery(organization, &id).await?;
            Ok(found.map(|found| format!("/webhooks/deliveries/{}", found.delivery.id)))
        }
        "evt" => {
            let id = Id::parse(text).map_err(|_| Refusal::Unsearchable)?;
            let found = webhooks.get_event(organization, &id).await?;
            Ok(found.map(|found| format!("/webhooks/events/{}", found.event.id)))
        }
        "vs" => {
            let id = kayle_primitives::SessionId::parse_session(text);
            let id = id.map_err(|_| Refusal::Unsearchable)?;
            let found = webhooks.get_session(organization, &id).await?;
            Ok(found.map(|_| link("/webhooks/events", &[("session", text)])))
        }
        _ => Err(Refusal::Unsearchable),
    }
}
