//! Asks for all deliveries of an event again.

use kayle_app::access::{Area, Intent};
use kayle_app::events::ReplayEventError;
use kayle_primitives::EventId;

use crate::answer::{Answer, done};
use crate::fields::Fields;
use crate::frame::Notice;
use crate::refusal::Refusal;
use crate::visit::Visit;

pub(crate) async fn act(visit: Visit, _: Fields) -> Answer {
    let id: EventId = visit.id("event")?;
    let caller = visit.caller(Area::Webhooks, Intent::Change)?;
    let notice = match visit.webhooks().replay_event(&caller, &id).await {
        Ok(_) => Notice::Replayed,
        Err(ReplayEventError::PayloadsGone) => Notice::RetryPayloadGone,
        Err(ReplayEventError::IsTest) => Notice::TestsAreSentOnce,
        Err(ReplayEventError::NothingReplayable) => Notice::RetryInProgress,
        Err(ReplayEventError::NotFound) => return Err(Refusal::NotFound),
        Err(ReplayEventError::Store(error)) => return Err(error.into()),
    };
    let page = format!("/webhooks/events/{id}");
    Ok(done(&visit.request.dashboard, &page, notice))
}
