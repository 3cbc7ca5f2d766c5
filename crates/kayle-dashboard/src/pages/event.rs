//! One event: what became of it at each endpoint.

use askama::Template;
use kayle_delivery::{Delivery, Input, step};
use kayle_primitives::EventId;

use crate::answer::{Answer, page};
use crate::frame::{Frame, Section};
use crate::pages::delivery_rows::{DeliveryRow, rows_of};
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
    replay: Act,
    /// What a replay will do.
    effect: String,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let id: EventId = visit.id("event")?;
    let found = visit.webhooks().get_event(visit.organization_id(), &id);
    let found = found.await?.ok_or(Refusal::NotFound)?;
    let can_be_sent = |delivery: &&Delivery| step(delivery, Input::Requeued, visit.now).is_ok();
    let again = found.deliveries.iter().filter(can_be_sent).count();
    let effect = format!("{again} of {} can be sent again.", found.deliveries.len());
    let delivered = delivered_of(&found);
    let event = found.event;
    page(&EventPage {
        frame: visit.frame("Event", Section::Events),
        event_type: event.event_type.as_str(),
        delivered,
        copied_id: Copied::new(&event.id, "event's id"),
        trigger: Copied::new(&trigger_id(&event), "trigger's id"),
        created: Moment::new(event.created_at, visit.now),
        rows: rows_of(&visit, found.deliveries).await?,
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
