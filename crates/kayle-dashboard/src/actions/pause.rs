//! Pauses an endpoint, and has it go on.

use kayle_app::access::{Area, Intent};
use kayle_endpoints::EndpointChange;
use kayle_primitives::EndpointId;

use crate::answer::{Answer, done};
use crate::fields::Fields;
use crate::frame::Notice;
use crate::visit::Visit;

pub(crate) async fn pause(visit: Visit, _: Fields) -> Answer {
    set_enabled(&visit, false, Notice::Paused).await
}

pub(crate) async fn resume(visit: Visit, _: Fields) -> Answer {
    set_enabled(&visit, true, Notice::Resumed).await
}

async fn set_enabled(visit: &Visit, enabled: bool, notice: Notice) -> Answer {
    let id: EndpointId = visit.id("endpoint")?;
    let caller = visit.caller(Area::Webhooks, Intent::Change)?;
    let change = EndpointChange {
        enabled: Some(enabled),
        ..EndpointChange::default()
    };
    visit
        .webhooks()
        .update_endpoint(&caller, &id, change)
        .await?;
    let page = format!("/webhooks/{id}");
    Ok(done(&visit.request.dashboard, &page, notice))
}
