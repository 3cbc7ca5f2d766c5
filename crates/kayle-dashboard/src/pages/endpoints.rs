//! The endpoints of an organization: their state, and how their latest deliveries went.

use askama::Template;
use kayle_app::endpoints::{EndpointOverview, EndpointsOverview, ListedEndpoint};
use kayle_delivery::DeliveryStatus;
use kayle_primitives::{EndpointId, Id, PageLimit, PageRequest};

use crate::answer::{Answer, page};
use crate::fields::link;
use crate::frame::{Frame, Section};
use crate::limits::ROWS;
use crate::pages::day::Day;
use crate::pages::health::Health;
use crate::pages::now::{count_word, of_state};
use crate::parts::{Badge, Figure, Figures, Moment, Pager};
use crate::refusal::Refusal;
use crate::visit::Visit;
use crate::words::{endpoint_badge, endpoint_name, grouped, last_result_word, percent};

#[derive(Template)]
#[template(path = "endpoints.html")]
struct EndpointsPage {
    frame: Frame,
    figures: Figures,
    rows: Vec<Row>,
    pager: Pager,
    /// Why the person may not make one.
    refusal: Option<String>,
}

struct Row {
    id: EndpointId,
    name: String,
    /// `None` if it is the name.
    url: Option<String>,
    labels: Vec<String>,
    badge: Badge,
    day: Day,
    last_failure: Option<LastFailure>,
}

struct LastFailure {
    delivery: String,
    result: String,
    at: Moment,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let query = visit.request.query();
    let after = query.given("after").map(Id::parse).transpose();
    let request = PageRequest {
        limit: PageLimit::new(ROWS).map_err(|_| Refusal::Broken)?,
        starting_after: after.map_err(|_| Refusal::NotFound)?,
    };
    let found = visit
        .webhooks()
        .overview_endpoints(visit.organization_id(), &request);
    let found = found.await?.ok_or(Refusal::NotFound)?;
    let figures = figures(&found);
    let listed = found.page;
    let last = listed.items.last().filter(|_| listed.has_more);
    let next = last.map(|last| {
        let after = last.overview.endpoint.id.as_str();
        link("/webhooks", &[("after", after)])
    });
    let first = request.starting_after.map(|_| "/webhooks".to_owned());
    let rows = listed.items.into_iter().map(|one| row(&visit, one));
    page(&EndpointsPage {
        frame: visit.frame("Endpoints", Section::Endpoints),
        figures,
        rows: rows.collect(),
        pager: Pager { first, next },
        refusal: visit.may_change().refusal("add endpoints"),
    })
}

/// Shows how all endpoints together do.
fn figures(found: &EndpointsOverview) -> Figures {
    let EndpointsOverview { day, waiting, .. } = found;
    let rate = day.deliveries.success_rate();
    let plots = Some("/webhooks/activity".to_owned());
    let figure = |word, value, href, note: Option<String>| Figure {
        word,
        value,
        href,
        note: note.map(|note| (note.into(), None)),
    };
    Figures(vec![
        figure(
            "Delivered in 24 h",
            grouped(day.deliveries.delivered),
            plots.clone(),
            rate.map(|rate| format!("{} of those that ended", percent(rate))),
        ),
        figure(
            "Failed in 24 h",
            grouped(day.deliveries.failed()),
            plots,
            None,
        ),
        figure(
            "Waiting",
            count_word(waiting.pending),
            Some(of_state(DeliveryStatus::Pending, None)),
            None,
        ),
        figure(
            "Failed, kept",
            count_word(waiting.retained_payloads),
            Some(of_state(DeliveryStatus::Failed, None)),
            Some("can be sent again".to_owned()),
        ),
    ])
}

fn row(visit: &Visit, listed: ListedEndpoint) -> Row {
    let ListedEndpoint { overview, day } = listed;
    let EndpointOverview {
        endpoint,
        has_active_key,
        latest,
    } = overview;
    let health = Health::of(&latest, visit.now);
    let last_failure = latest.iter().find_map(|delivery| {
        let last = delivery.last_attempt?;
        let accepted = last
            .status_code
            .is_some_and(|code| (200..300).contains(&code));
        let result = last_result_word(delivery).filter(|_| !accepted)?;
        Some(LastFailure {
            delivery: delivery.id.to_string(),
            result,
            at: Moment::new(last.at, visit.now),
        })
    });
    let name = endpoint_name(&endpoint);
    let url = endpoint.url.as_submitted().to_owned();
    Row {
        badge: endpoint_badge(&endpoint, has_active_key, health.is_failing()),
        url: Some(url).filter(|url| *url != name),
        labels: endpoint.labels.as_slice().to_vec(),
        id: endpoint.id,
        name,
        day: Day::new(&day, health),
        last_failure,
    }
}
