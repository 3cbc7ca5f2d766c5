//! The last step to an endpoint: try it, and have it begin.

use askama::Template;
use kayle_app::endpoints::EndpointOverview;
use kayle_primitives::EndpointId;

use crate::answer::{Answer, page};
use crate::frame::{Frame, Section};
use crate::parts::{Act, Style};
use crate::refusal::Refusal;
use crate::visit::Visit;
use crate::words::endpoint_name;

#[derive(Template)]
#[template(path = "setup_test.html")]
struct SetupTestPage {
    frame: Frame,
    id: EndpointId,
    name: String,
    has_key: bool,
    test: Act,
    resume: Act,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let id: EndpointId = visit.id("endpoint")?;
    let found = visit
        .webhooks()
        .overview_endpoint(visit.organization_id(), &id);
    let EndpointOverview {
        endpoint,
        has_active_key,
        ..
    } = found.await?.ok_or(Refusal::NotFound)?;
    page(&SetupTestPage {
        frame: visit.frame("Test", Section::Endpoints),
        name: endpoint_name(&endpoint),
        has_key: has_active_key,
        test: Act::test(&visit, &id, Style::Primary),
        resume: Act {
            action: format!("/webhooks/{id}/resume"),
            label: "Begin to deliver",
            style: Style::Plain,
            refusal: visit.may_change().refusal("resume it"),
        },
        id,
    })
}
