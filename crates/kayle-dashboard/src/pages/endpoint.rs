//! One endpoint: its state, its latest deliveries, its settings in words.

use askama::Template;
use kayle_app::endpoints::EndpointOverview;
use kayle_app::ports::store::Waiting;
use kayle_endpoints::Endpoint;
use kayle_primitives::EndpointId;

use crate::answer::{Answer, page};
use crate::frame::{Frame, Section};
use crate::limits::LATEST;
use crate::pages::activity::shown_range;
use crate::pages::delivery_rows::{DeliveryRow, rows_of};
use crate::pages::health::Health;
use crate::pages::now::{count_word, figures};
use crate::parts::{Act, Badge, Copied, Figures, Moment, Style};
use crate::plots::Plots;
use crate::refusal::Refusal;
use crate::visit::Visit;
use crate::words::{endpoint_badge, endpoint_name, schedule_word, span, subscription_words};

#[derive(Template)]
#[template(path = "endpoint.html")]
struct EndpointPage {
    frame: Frame,
    name: String,
    id: EndpointId,
    copied_id: Copied,
    url: String,
    badge: Badge,
    /// Why nothing arrives, where nothing can.
    silence: Option<&'static str>,
    figures: Figures,
    plots: Plots,
    switch: Act,
    test: Act,
    /// What the switch does, before it is pressed.
    effect: String,
    rows: Vec<DeliveryRow>,
    labels: Vec<String>,
    events: String,
    retention: String,
    schedule: &'static str,
    created: Moment,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let id: EndpointId = visit.id("endpoint")?;
    let found = visit
        .webhooks()
        .overview_endpoint(visit.organization_id(), &id);
    let EndpointOverview {
        endpoint,
        has_active_key,
        latest,
    } = found.await?.ok_or(Refusal::NotFound)?;
    let report = visit
        .webhooks()
        .activity_of_endpoint(&endpoint, shown_range(&visit)?);
    let report = report.await?;
    let health = Health::of(&latest, visit.now);
    let shown = latest.iter().take(usize::from(LATEST)).cloned().collect();
    let name = endpoint_name(&endpoint);
    page(&EndpointPage {
        frame: visit.frame(&name, Section::Endpoints),
        name,
        copied_id: Copied::new(&endpoint.id, "endpoint's id"),
        url: endpoint.url.as_submitted().to_owned(),
        badge: endpoint_badge(&endpoint, has_active_key, health.is_failing()),
        plots: Plots::new(&format!("/webhooks/{}", endpoint.id), &report),
        silence: silence(&endpoint, has_active_key),
        switch: switch(&visit, &endpoint),
        test: Act::test(&visit, &endpoint.id, Style::Plain),
        effect: effect(&endpoint, &report.waiting),
        rows: rows_of(&visit, shown).await?,
        labels: endpoint.labels.as_slice().to_vec(),
        events: subscription_words(&endpoint),
        retention: retention_words(&endpoint),
        schedule: schedule_word(endpoint.retry_schedule),
        created: Moment::new(endpoint.created_at, visit.now),
        figures: figures(&report.waiting, Some(&endpoint.id), visit.now),
        id: endpoint.id,
    })
}

/// Says why nothing can arrive.
fn silence(endpoint: &Endpoint, has_active_key: bool) -> Option<&'static str> {
    if !endpoint.is_enabled() {
        Some(
            "Paused: events that happen now are not sent here, not even later. What already waits is held.",
        )
    } else if !has_active_key {
        Some(
            "No active key: every event that happens now fails for good, because it cannot be encrypted.",
        )
    } else if endpoint.subscription.as_slice().is_empty() {
        Some("It wants no events.")
    } else {
        None
    }
}

fn switch(visit: &Visit, endpoint: &Endpoint) -> Act {
    let (verb, label) = if endpoint.is_enabled() {
        ("pause", "Pause")
    } else {
        ("resume", "Resume")
    };
    Act {
        action: format!("/webhooks/{}/{verb}", endpoint.id),
        label,
        style: Style::Plain,
        refusal: visit.may_change().refusal("pause and resume"),
    }
}

/// Says what pausing or resuming does to what waits.
fn effect(endpoint: &Endpoint, waiting: &Waiting) -> String {
    let wait = |count: usize| {
        let noun = if count == 1 {
            "delivery that waits"
        } else {
            "deliveries that wait"
        };
        format!("{} {noun}", count_word(count))
    };
    if endpoint.is_enabled() {
        let waiting = wait(waiting.pending);
        format!("Pausing holds {waiting}, and leaves out what happens meanwhile.")
    } else if waiting.held == 0 {
        "Nothing is held: resuming sends what happens from then on.".to_owned()
    } else {
        let held = wait(waiting.held);
        format!("Resuming sends {held}, at once.")
    }
}

fn retention_words(endpoint: &Endpoint) -> String {
    let kept = endpoint.retention.duration();
    if kept.is_zero() {
        "Erased when the last attempt has failed".to_owned()
    } else {
        format!("Kept {} after the last attempt", span(kept))
    }
}
