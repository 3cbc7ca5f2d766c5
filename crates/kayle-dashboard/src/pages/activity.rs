//! What became of all deliveries of an organization, in plots.

use std::str::FromStr;

use askama::Template;
use kayle_delivery::activity::ActivityRange;

use crate::answer::{Answer, page};
use crate::frame::{Frame, Section};
use crate::pages::now::figures;
use crate::parts::Figures;
use crate::plots::Plots;
use crate::refusal::Refusal;
use crate::visit::Visit;

#[derive(Template)]
#[template(path = "activity.html")]
struct ActivityPage {
    frame: Frame,
    figures: Figures,
    plots: Plots,
}

pub(crate) async fn show(visit: Visit) -> Answer {
    let report = visit
        .webhooks()
        .activity_of_organization(&visit.organization, shown_range(&visit)?);
    let report = report.await?;
    page(&ActivityPage {
        frame: visit.frame("Activity", Section::Activity),
        figures: figures(&report.waiting, None, visit.now),
        plots: Plots::new("/webhooks/activity", &report),
    })
}

/// Reads which range the address asks for.
pub(crate) fn shown_range(visit: &Visit) -> Result<ActivityRange, Refusal> {
    let query = visit.request.query();
    let range = query
        .given("range")
        .map(ActivityRange::from_str)
        .transpose();
    Ok(range.map_err(|_| Refusal::NotFound)?.unwrap_or_default())
}
