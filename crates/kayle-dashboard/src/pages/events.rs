//! The events of an organization.

use std::str::FromStr;

use askama::Template;
use kayle_app::ports::store::{EventFilter, EventWithDeliveries};
use kayle_delivery::DeliveryStatus;
use kayle_events::{Event, EventType, Trigger};
use kayle_primitives::{EventId, Id, PageLimit, PageRequest, SessionId};
use strum::IntoEnumIterator;

use crate::answer::{Answer, page};
use crate::fields::link;
use crate::frame::{Frame, Section};
use crate::limits::ROWS;
use crate::parts::{Moment, Pager};
use crate::refusal::Refusal;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "events.html")]
struct EventsPage {
    frame: Frame,
    rows: Vec<Row>,
    pager: Pager,
    types: Vec<TypeChoice>,
    is_filtered: bool,
    /// The session whose events are shown; empty for all.
    session: String,
}

struct Row {
    id: EventId,
    event_type: &'static str,
    trigger: String,
    delivered: String,
    created: Moment,
}

struct TypeChoice {
    name: &'static str,
    is_chosen: bool,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let query = visit.request.query();
    let event_type = query.given("type").map(EventType::from_str).transpose();
    let event_type = event_type.map_err(|_| Refusal::NotFound)?;
    let after = query.given("after").map(Id::parse).transpose();
    let request = PageRequest {
        limit: PageLimit::new(ROWS).map_err(|_| Refusal::Broken)?,
        starting_after: after.map_err(|_| Refusal::NotFound)?,
    };
    let session_id = query.given("session").map(SessionId::parse_session);
    let filter = EventFilter {
        event_type,
        session_id: session_id.transpose().map_err(|_| Refusal::NotFound)?,
        ..EventFilter::default()
    };
    let webhooks = visit.webhooks();
    let found = webhooks.list_events(visit.organization_id(), &filter, &request);
    let found = found.await?.ok_or(Refusal::NotFound)?;
    let here = |after: &str| {
        let chosen = [
            ("type", query.text("type")),
            ("session", query.text("session")),
            ("after", after),
        ];
        link("/webhooks/events", &chosen)
    };
    let last = found.items.last().filter(|_| found.has_more);
    let pager = Pager {
        first: request.starting_after.as_ref().map(|_| here("")),
        next: last.map(|last| here(last.event.id.as_str())),
    };
    let choice = |one: EventType| TypeChoice {
        name: one.as_str(),
        is_chosen: event_type == Some(one),
    };
    page(&EventsPage {
        frame: visit.frame("Events", Section::Events),
        rows: found.items.iter().map(|one| row(&visit, one)).collect(),
        pager,
        types: EventType::iter().map(choice).collect(),
        is_filtered: filter != EventFilter::default(),
        session: query.text("session").to_owned(),
    })
}

fn row(visit: &Visit, found: &EventWithDeliveries) -> Row {
    let event = &found.event;
    Row {
        id: event.id.clone(),
        event_type: event.event_type.as_str(),
        trigger: trigger_id(event),
        delivered: delivered_of(found),
        created: Moment::new(event.created_at, visit.now),
    }
}

/// Returns the id of what caused the event.
pub(crate) fn trigger_id(event: &Event) -> String {
    match event.trigger() {
        Trigger::Session(id) => id.to_string(),
        Trigger::Attempt(id) => id.to_string(),
    }
}

/// Says how many of its deliveries have arrived: `2 of 3`.
pub(crate) fn delivered_of(found: &EventWithDeliveries) -> String {
    let all = found.deliveries.len();
    let delivered = found
        .deliveries
        .iter()
        .filter(|delivery| delivery.status() == DeliveryStatus::Succeeded)
        .count();
    format!("{delivered} of {all}")
}
