//! Asks for a delivery again.

use kayle_app::access::{Area, Intent};
use kayle_app::deliveries::RetryDeliveryError;
use kayle_primitives::DeliveryId;

use crate::answer::{Answer, done};
use crate::fields::Fields;
use crate::frame::Notice;
use crate::refusal::Refusal;
use crate::visit::Visit;

pub(crate) async fn act(visit: Visit, _: Fields) -> Answer {
    let id: DeliveryId = visit.id("delivery")?;
    let caller = visit.caller(Area::Webhooks, Intent::Change)?;
    let notice = match visit.webhooks().retry_delivery(&caller, &id).await {
        Ok(_) => Notice::Retried,
        Err(RetryDeliveryError::InProgress) => Notice::RetryInProgress,
        Err(RetryDeliveryError::PayloadGone) => Notice::RetryPayloadGone,
        Err(RetryDeliveryError::IsTest) => Notice::TestsAreSentOnce,
        Err(RetryDeliveryError::NotFound) => return Err(Refusal::NotFound),
        Err(RetryDeliveryError::Store(error)) => return Err(error.into()),
    };
    let page = format!("/webhooks/deliveries/{id}");
    Ok(done(&visit.request.dashboard, &page, notice))
}
