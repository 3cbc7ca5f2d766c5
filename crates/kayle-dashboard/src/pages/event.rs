//! One event: what became of it at each endpoint.

use askama::Template;
use kayle_delivery::fanout::{PASSED_OVER_MAX, PassedOver, PassedOverReason};
use kayle_delivery::{Delivery, Input, step};
use kayle_primitives::{EndpointId, EventId};

use crate::answer::{Answer, page};
use crate::frame::{Frame, Section};
use crate::pages::delivery_rows::{Choice, DeliveryRow, choices, rows_among};
use crate::pages::events::{delivered_of, trigger_id};
use crate::parts::{Act, Copied, Moment, Style};
use crate::refusal::Refusal;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "event.html")]
struct EventPage {
    frame: Frame,
    event_type: &'static str,
    delivered: String,
    copied_id: Copied,
    trigger: Copied,
    created: Moment,
    rows: Vec<DeliveryRow>,
    passed_over: Vec<PassedOverRow>,
    /// How many are recorded, where there were more.
    recorded: Option<usize>,
    replay: Act,
    /// What a replay will do.
    effect: String,
}

/// An endpoint that got no delivery.
struct PassedOverRow {
    id: EndpointId,
    /// `None` if it no longer exists, or is not among those that a filter offers.
    name: Option<String>,
    why: &'static str,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let id: EventId = visit.id("event")?;
    let found = visit.webhooks().get_event(visit.organization_id(), &id);
    let found = found.await?.ok_or(Refusal::NotFound)?;
    let can_be_sent = |delivery: &&Delivery| step(delivery, Input::Requeued, visit.now).is_ok();
    let again = found.deliveries.iter().filter(can_be_sent).count();
    let effect = format!("{again} of {} can be sent again.", found.deliveries.len());
    let delivered = delivered_of(&found);
    let endpoints = choices(&visit).await?;
    let passed_over = found.passed_over;
    let recorded = (passed_over.len() == PASSED_OVER_MAX).then_some(PASSED_OVER_MAX);
    let event = found.event;
    page(&EventPage {
        frame: visit.frame("Event", Section::Events),
        event_type: event.event_type.as_str(),
        delivered,
        copied_id: Copied::new(&event.id, "event's id"),
        trigger: Copied::new(&trigger_id(&event), "trigger's id"),
        created: Moment::new(event.created_at, visit.now),
        rows: rows_among(&visit, found.deliveries, &endpoints).await?,
        passed_over: passed_over
            .into_iter()
            .map(|one| passed_over_row(one, &endpoints))
            .collect(),
        recorded,
        replay: Act {
            action: format!("/webhooks/events/{}/replay", event.id),
            label: "Send all again",
            style: Style::Primary,
            refusal: (again == 0)
                .then(|| "Nothing is left to send.".to_owned())
                .or_else(|| visit.may_change().refusal("send it again")),
        },
        effect,
    })
}

fn passed_over_row(one: PassedOver, endpoints: &[Choice]) -> PassedOverRow {
    let named = endpoints.iter().find(|named| named.id == one.endpoint_id);
    PassedOverRow {
        name: named.map(|named| named.name.clone()),
        why: passed_over_words(one.reason),
        id: one.endpoint_id,
    }
}

fn passed_over_words(reason: PassedOverReason) -> &'static str {
    match reason {
        PassedOverReason::NotSubscribed => "It did not want events of this type.",
        PassedOverReason::Disabled => {
            "It was paused. What happens during a pause is not sent later."
        }
        PassedOverReason::NotTargeted => "The session named other endpoints.",
        PassedOverReason::Withdrawn => {
            "The person withdrew, and it had been told before how the session ended."
        }
    }
}
