//! The deliveries of an organization. Every filter is in the address.

use std::str::FromStr;

use askama::Template;
use kayle_app::ports::store::DeliveryFilter;
use kayle_delivery::DeliveryStatus;
use kayle_primitives::{Id, PageLimit, PageRequest};
use strum::IntoEnumIterator;

use crate::answer::{Answer, page};
use crate::fields::link;
use crate::frame::{Frame, Section};
use crate::limits::ROWS;
use crate::pages::delivery_rows::{Choice, DeliveryRow, choices_with, rows_among};
use crate::pages::retry_failed;
use crate::parts::Pager;
use crate::refusal::Refusal;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "deliveries.html")]
struct DeliveriesPage {
    frame: Frame,
    rows: Vec<DeliveryRow>,
    pager: Pager,
    states: Vec<StateChoice>,
    endpoints: Vec<Choice>,
    endpoint: String,
    is_filtered: bool,
    /// Where all that failed is sent again, where only that is shown.
    retry: Option<String>,
}

struct StateChoice {
    value: &'static str,
    word: &'static str,
    is_chosen: bool,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let query = visit.request.query();
    // A filter that names nothing finds nothing; it is not left out.
    let not_found = |_| Refusal::NotFound;
    let status = query.given("state").map(DeliveryStatus::from_str);
    let status = status.transpose().map_err(|_| Refusal::NotFound)?;
    let endpoint_id = query.given("endpoint").map(Id::parse).transpose();
    let after = query.given("after").map(Id::parse).transpose();
    let request = PageRequest {
        limit: PageLimit::new(ROWS).map_err(|_| Refusal::Broken)?,
        starting_after: after.map_err(not_found)?,
    };
    let filter = DeliveryFilter {
        status,
        endpoint_id: endpoint_id.map_err(not_found)?,
        event_id: None,
        session_id: None,
        with_tests: false,
    };
    let webhooks = visit.webhooks();
    let found = webhooks.list_deliveries(visit.organization_id(), &filter, &request);
    let found = found.await?.ok_or(Refusal::NotFound)?;
    let here = |after: &str| {
        let chosen = [
            ("state", query.text("state")),
            ("endpoint", query.text("endpoint")),
            ("after", after),
        ];
        link("/webhooks/deliveries", &chosen)
    };
    let last = found.items.last().filter(|_| found.has_more);
    let pager = Pager {
        first: request.starting_after.as_ref().map(|_| here("")),
        next: last.map(|last| here(last.id.as_str())),
    };
    let endpoints = choices_with(&visit, filter.endpoint_id.as_ref()).await?;
    page(&DeliveriesPage {
        frame: visit.frame("Deliveries", Section::Deliveries),
        rows: rows_among(&visit, found.items, &endpoints).await?,
        pager,
        states: state_choices(status),
        endpoints,
        endpoint: query.text("endpoint").to_owned(),
        is_filtered: filter != DeliveryFilter::default(),
        retry: (status == Some(DeliveryStatus::Failed))
            .then(|| link(retry_failed::PAGE, &[("endpoint", query.text("endpoint"))])),
    })
}

fn state_choices(chosen: Option<DeliveryStatus>) -> Vec<StateChoice> {
    let choice = |status: DeliveryStatus| StateChoice {
        value: status.as_str(),
        word: match status {
            DeliveryStatus::Pending => "Waiting",
            DeliveryStatus::Delivering => "Delivering",
            DeliveryStatus::Succeeded => "Delivered",
            DeliveryStatus::Failed => "Failed",
        },
        is_chosen: chosen == Some(status),
    };
    DeliveryStatus::iter().map(choice).collect()
}
