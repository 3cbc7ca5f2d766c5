//! One delivery: why it is where it is, its attempts done and planned, its facts.

use askama::Template;
use kayle_app::deliveries::DeliveryWithAttempts;
use kayle_delivery::{
    Attempt, AttemptStatus, Delivery, DeliveryState, Input, InvalidTransition, Payload,
    RequeueRefusal, ScrubReason, StoredReason, step,
};
use kayle_primitives::{DeliveryId, Timestamp};

use crate::answer::{Answer, page};
use crate::frame::{Frame, Section};
use crate::pages::phases::PhasesView;
use crate::pages::stages::StageView;
use crate::parts::{Act, Badge, Copied, Moment, Sentence, Style, Tone};
use crate::refusal::Refusal;
use crate::visit::Visit;
use crate::words::{ResultWords, delivery_badge, endpoint_name, result_word, result_words, took};

#[derive(Template)]
#[template(path = "delivery.html")]
struct DeliveryPage {
    frame: Frame,
    id: DeliveryId,
    copied_id: Copied,
    copied_event: Copied,
    event_id: String,
    event_type: String,
    endpoint_id: String,
    endpoint: String,
    /// Whether the endpoint is still there.
    has_endpoint: bool,
    badge: Badge,
    why: Sentence,
    /// What to do about the last attempt.
    advice: Option<&'static str>,
    /// Whether something can still change by itself, so that the page looks again.
    is_moving: bool,
    retry: Act,
    attempts: Vec<AttemptRow>,
    planned: Vec<PlannedRow>,
    /// How a test went; empty for what is no test.
    stages: Vec<StageView>,
    key: Option<Copied>,
    payload: String,
    payload_at: Moment,
    created: Moment,
}

struct AttemptRow {
    number: usize,
    tone: &'static str,
    word: String,
    words: ResultWords,
    took: String,
    at: Moment,
    /// How the request went on its way; `None` where none was begun.
    way: Option<PhasesView>,
    /// Whether a person asked for the delivery again before it.
    starts_cycle: bool,
}

struct PlannedRow {
    number: usize,
    at: Moment,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let id: DeliveryId = visit.id("delivery")?;
    let (webhooks, organization) = (visit.webhooks(), visit.organization_id());
    let found = webhooks.get_delivery(organization, &id).await?;
    let DeliveryWithAttempts {
        delivery,
        attempts,
        explanation,
        planned_attempts,
        report,
    } = found.ok_or(Refusal::NotFound)?;
    let planned = |(place, at): (usize, Timestamp)| PlannedRow {
        number: attempts.len() + place + 1,
        at: Moment::new(at, visit.now),
    };
    let event_ids = [delivery.event_id.clone()];
    let types = webhooks.event_types(organization, &event_ids).await?;
    let endpoint = webhooks
        .get_endpoint(organization, &delivery.endpoint_id)
        .await?;
    let event_type = types.get(&delivery.event_id);
    let (payload, payload_at) = payload_words(&delivery.payload);
    page(&DeliveryPage {
        frame: visit.frame("Delivery", Section::Deliveries),
        copied_id: Copied::new(&delivery.id, "delivery's id"),
        event_id: delivery.event_id.to_string(),
        copied_event: Copied::new(&delivery.event_id, "event's id"),
        event_type: event_type.map_or("unknown", |one| one.as_str()).to_owned(),
        endpoint_id: delivery.endpoint_id.to_string(),
        endpoint: endpoint.as_ref().map_or_else(
            || "an endpoint that no longer exists".to_owned(),
            endpoint_name,
        ),
        has_endpoint: endpoint.is_some(),
        badge: delivery_badge(&delivery),
        why: Sentence::new(&explanation, visit.now),
        advice: advice(&delivery, &attempts),
        is_moving: is_moving(&delivery),
        retry: retry(&visit, &delivery),
        planned: planned_attempts
            .into_iter()
            .enumerate()
            .map(planned)
            .collect(),
        stages: report.iter().flatten().map(StageView::from).collect(),
        attempts: attempt_rows(&delivery, &attempts, visit.now),
        key: delivery
            .encryption_key_id
            .as_ref()
            .map(|id| Copied::new(id, "key's id")),
        payload,
        payload_at: Moment::new(payload_at, visit.now),
        created: Moment::new(delivery.created_at, visit.now),
        id: delivery.id,
    })
}

/// Says what to do about the last attempt, where something is to be done.
fn advice(delivery: &Delivery, attempts: &[Attempt]) -> Option<&'static str> {
    let last = attempts.last()?;
    let is_over = delivery.state == DeliveryState::Succeeded;
    let advice = result_words(last.outcome).advice;
    (!is_over && 0 < delivery.attempt_count && !advice.is_empty()).then_some(advice)
}

fn is_moving(delivery: &Delivery) -> bool {
    match delivery.state {
        DeliveryState::Pending { .. }
        | DeliveryState::Held { .. }
        | DeliveryState::Delivering { .. } => true,
        DeliveryState::Succeeded | DeliveryState::Failed => false,
    }
}

/// Returns the button that sends a delivery again, which for a test is another test.
fn retry(visit: &Visit, delivery: &Delivery) -> Act {
    if delivery.is_test {
        return Act::test(visit, &delivery.endpoint_id, Style::Primary);
    }
    Act {
        action: format!("/webhooks/deliveries/{}/retry", delivery.id),
        label: "Send again",
        style: Style::Primary,
        refusal: impossible(delivery, visit.now)
            .or_else(|| visit.may_change().refusal("send it again")),
    }
}

/// Says why nobody can have it sent again.
fn impossible(delivery: &Delivery, now: Timestamp) -> Option<String> {
    let refusal = step(delivery, Input::Requeued, now).err()?;
    let text = match refusal {
        InvalidTransition::Requeue(RequeueRefusal::PayloadGone) => match delivery.state {
            DeliveryState::Succeeded => "Delivered: nothing is left to send.",
            DeliveryState::Pending { .. }
            | DeliveryState::Held { .. }
            | DeliveryState::Delivering { .. }
            | DeliveryState::Failed => "The payload is gone: it cannot be sent again.",
        },
        InvalidTransition::Requeue(RequeueRefusal::IsTest) => {
            "A test is sent once: send another one."
        }
        InvalidTransition::Requeue(RequeueRefusal::InProgress)
        | InvalidTransition::State { .. } => "An attempt is under way.",
    };
    Some(text.to_owned())
}

fn attempt_rows(delivery: &Delivery, attempts: &[Attempt], now: Timestamp) -> Vec<AttemptRow> {
    let in_cycle = usize::try_from(delivery.attempt_count).unwrap_or(usize::MAX);
    let cycle_begins = attempts.len().saturating_sub(in_cycle);
    let row = |(place, attempt): (usize, &Attempt)| AttemptRow {
        number: place + 1,
        tone: match attempt.outcome.status() {
            AttemptStatus::Succeeded => Tone::Ok.as_str(),
            AttemptStatus::Failed => Tone::Bad.as_str(),
        },
        word: result_word(attempt.outcome),
        words: result_words(attempt.outcome),
        took: took(attempt.duration),
        at: Moment::new(attempt.attempted_at, now),
        way: PhasesView::of(attempt),
        starts_cycle: 0 < place && place == cycle_begins,
    };
    attempts.iter().enumerate().map(row).collect()
}

fn payload_words(payload: &Payload) -> (String, Timestamp) {
    match payload {
        Payload::Stored { expires_at, reason } => {
            let why = match reason {
                StoredReason::PendingDelivery => "Kept, encrypted, until",
                StoredReason::TerminalFailureRetention => {
                    "Kept, encrypted, to be sent again, until"
                }
            };
            (why.to_owned(), *expires_at)
        }
        Payload::Scrubbed { at, reason } => {
            let why = match reason {
                ScrubReason::Delivered => "Erased when it was delivered,",
                ScrubReason::Expired => "Erased when its time was over,",
                ScrubReason::NoActiveKey => "Never stored: there was no active key,",
                ScrubReason::JweCreationFailed => "Never stored: it could not be encrypted,",
                ScrubReason::PrivacyRequest => "Erased because the person withdrew,",
            };
            (why.to_owned(), *at)
        }
    }
}
