//! Has every invariant of the installation checked, for an operator.

use crate::answer::{Answer, done};
use crate::examination::Examined;
use crate::frame::Notice;
use crate::visit::{OperatorVisit, SYSTEM};

pub(crate) async fn act(visit: OperatorVisit) -> Answer {
    let dashboard = &visit.request.dashboard;
    let Some(turn) = visit.examination().begin() else {
        return Ok(done(dashboard, SYSTEM, Notice::ExaminationUnderWay));
    };
    let installation = &dashboard.installation;
    let examined = dashboard
        .webhooks
        .examine(&*installation.invariants, installation.sweep_grace);
    let diagnosis = examined.await?;
    turn.end(Examined {
        at: dashboard.webhooks.now(),
        diagnosis,
    });
    Ok(done(dashboard, SYSTEM, Notice::Examined))
}
