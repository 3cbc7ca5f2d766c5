//! Asks for all that failed in a span of time again, as the page has counted it.

use kayle_app::access::{Area, Intent};
use kayle_app::deliveries::RetriedFailed;

use crate::answer::{Answer, done};
use crate::fields::{Fields, link};
use crate::frame::{Notice, SentAgain};
use crate::pages::retry_failed::{PAGE, filter_of, since_of};
use crate::refusal::Refusal;
use crate::visit::Visit;

pub(crate) async fn act(visit: Visit, fields: Fields) -> Answer {
    let caller = visit.caller(Area::Webhooks, Intent::Change)?;
    let since = since_of(&fields, visit.now).map_err(|_| Refusal::NotFound)?;
    let filter = filter_of(&fields, since, visit.now)?;
    let RetriedFailed { requeued, .. } = visit.webhooks().retry_failed(&caller, &filter).await?;
    let notice = Notice::FailedRetried(SentAgain {
        sent: requeued,
        expected: fields.text("expected").parse().unwrap_or(requeued),
    });
    let chosen = ["since", "until", "endpoint", "type", "reason"];
    let chosen = chosen.map(|name| (name, fields.text(name)));
    Ok(done(&visit.request.dashboard, &link(PAGE, &chosen), notice))
}
