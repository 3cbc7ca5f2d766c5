//! The endpoints of an organization: their state, and how their latest deliveries went.

use askama::Template;
use kayle_app::endpoints::EndpointOverview;
use kayle_primitives::{EndpointId, Id, PageLimit, PageRequest};

use crate::answer::{Answer, page};
use crate::fields::link;
use crate::frame::{Frame, Section};
use crate::limits::ROWS;
use crate::pages::health::Health;
use crate::parts::{Badge, Moment, Pager};
use crate::refusal::Refusal;
use crate::visit::Visit;
use crate::words::{endpoint_badge, endpoint_name, last_result_word};

#[derive(Template)]
#[template(path = "endpoints.html")]
struct EndpointsPage {
    frame: Frame,
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
    health: Health,
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
    let next = found
        .items
        .last()
        .filter(|_| found.has_more)
        .map(|last| link("/webhooks", &[("after", last.endpoint.id.as_str())]));
    let first = request.starting_after.map(|_| "/webhooks".to_owned());
    page(&EndpointsPage {
        frame: visit.frame("Endpoints", Section::Endpoints),
        rows: found
            .items
            .into_iter()
            .map(|one| row(&visit, one))
            .collect(),
        pager: Pager { first, next },
        refusal: visit.may_change().refusal("add endpoints"),
    })
}

fn row(visit: &Visit, overview: EndpointOverview) -> Row {
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
        (!accepted).then(|| LastFailure {
            delivery: delivery.id.to_string(),
            result: last_result_word(&last),
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
        health,
        last_failure,
    }
}
