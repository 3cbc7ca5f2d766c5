//! Rows of deliveries, with the names of what they are about.

use std::collections::BTreeMap;

use kayle_delivery::{Delivery, DeliveryState, Payload};
use kayle_primitives::{DeliveryId, EndpointId, EventId, PageLimit, PageRequest};

use crate::limits::CHOICES;
use crate::parts::{Badge, Moment};
use crate::refusal::Refusal;
use crate::visit::Visit;
use crate::words::{delivery_badge, endpoint_name, last_result_word};

/// One row.
pub(crate) struct DeliveryRow {
    pub(crate) id: DeliveryId,
    pub(crate) badge: Badge,
    pub(crate) event_type: String,
    pub(crate) endpoint_id: EndpointId,
    pub(crate) endpoint: String,
    pub(crate) attempts: u32,
    pub(crate) result: String,
    /// What comes next, in words, with its time.
    pub(crate) next: Option<(&'static str, Moment)>,
    pub(crate) created: Moment,
}

/// An endpoint to choose from, or to name.
pub(crate) struct Choice {
    pub(crate) id: EndpointId,
    pub(crate) name: String,
}

/// Names the organization's endpoints, newest first, as many as a filter offers; the chosen one is
/// always among them.
pub(crate) async fn choices_with(
    visit: &Visit,
    chosen: Option<&EndpointId>,
) -> Result<Vec<Choice>, Refusal> {
    let mut choices = choices(visit).await?;
    let is_offered = |id: &EndpointId| choices.iter().any(|choice| choice.id == *id);
    if let Some(id) = chosen.filter(|id| !is_offered(id)) {
        let found = visit.webhooks().get_endpoint(visit.organization_id(), id);
        let name = found.await?.as_ref().map(endpoint_name);
        choices.push(Choice {
            id: id.clone(),
            name: name.unwrap_or_else(|| id.to_string()),
        });
    }
    Ok(choices)
}

/// Names the organization's endpoints, newest first, as many as a filter offers.
pub(crate) async fn choices(visit: &Visit) -> Result<Vec<Choice>, Refusal> {
    let request = PageRequest {
        limit: PageLimit::new(CHOICES).map_err(|_| Refusal::Broken)?,
        starting_after: None,
    };
    let webhooks = visit.webhooks();
    let found = webhooks.list_endpoints(visit.organization_id(), None, &request);
    let endpoints = found.await?.map_or_else(Vec::new, |page| page.items);
    let choice = |endpoint: &kayle_endpoints::Endpoint| Choice {
        id: endpoint.id.clone(),
        name: endpoint_name(endpoint),
    };
    Ok(endpoints.iter().map(choice).collect())
}

/// Returns the rows of a list whose endpoint stands above it, by one statement beside the list's own.
pub(crate) async fn rows_of(
    visit: &Visit,
    deliveries: Vec<Delivery>,
) -> Result<Vec<DeliveryRow>, Refusal> {
    rows_among(visit, deliveries, &[]).await
}

/// Returns the rows of a list that names endpoints, by one more statement beside the list's own.
pub(crate) async fn rows_among(
    visit: &Visit,
    deliveries: Vec<Delivery>,
    endpoints: &[Choice],
) -> Result<Vec<DeliveryRow>, Refusal> {
    if deliveries.is_empty() {
        return Ok(Vec::new());
    }
    let events: Vec<EventId> = deliveries.iter().map(|one| one.event_id.clone()).collect();
    let types = visit
        .webhooks()
        .event_types(visit.organization_id(), &events)
        .await?;
    let names: BTreeMap<&EndpointId, &str> = endpoints
        .iter()
        .map(|choice| (&choice.id, choice.name.as_str()))
        .collect();
    let row = |delivery: Delivery| {
        let event_type = types.get(&delivery.event_id);
        let name = names.get(&delivery.endpoint_id);
        DeliveryRow {
            badge: delivery_badge(&delivery),
            event_type: event_type.map_or("unknown", |one| one.as_str()).to_owned(),
            endpoint: name.map_or_else(|| delivery.endpoint_id.to_string(), ToString::to_string),
            attempts: delivery.attempt_count,
            result: last_result_word(&delivery).unwrap_or_else(|| "none yet".to_owned()),
            next: next(&delivery, visit),
            created: Moment::new(delivery.created_at, visit.now),
            endpoint_id: delivery.endpoint_id,
            id: delivery.id,
        }
    };
    Ok(deliveries.into_iter().map(row).collect())
}

fn next(delivery: &Delivery, visit: &Visit) -> Option<(&'static str, Moment)> {
    let moment = |at| Moment::new(at, visit.now);
    match (&delivery.state, &delivery.payload) {
        (DeliveryState::Pending { due_at }, _) => Some(("attempt", moment(*due_at))),
        (
            DeliveryState::Held { .. } | DeliveryState::Failed,
            Payload::Stored { expires_at, .. },
        ) => Some(("kept until", moment(*expires_at))),
        (
            DeliveryState::Held { .. }
            | DeliveryState::Failed
            | DeliveryState::Delivering { .. }
            | DeliveryState::Succeeded,
            _,
        ) => None,
    }
}
