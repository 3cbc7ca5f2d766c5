//! Sends a test to an endpoint, and shows how it goes.

use kayle_app::access::{Area, Intent};
use kayle_app::endpoints::{NewTest, TestEndpointError};
use kayle_events::EventType;
use kayle_primitives::{EncryptionKeyId, EndpointId, Id};

use crate::answer::{Answer, done, see_other};
use crate::fields::Fields;
use crate::frame::Notice;
use crate::refusal::Refusal;
use crate::visit::Visit;

pub(crate) async fn act(visit: Visit, fields: Fields) -> Answer {
    let id: EndpointId = visit.id("endpoint")?;
    let key_id: Option<EncryptionKeyId> = fields
        .given("key")
        .map(Id::parse)
        .transpose()
        .map_err(|_| Refusal::NotFound)?;
    let caller = visit.caller(Area::Webhooks, Intent::Change)?;
    let new = NewTest {
        event_type: EventType::SessionSucceeded,
        key_id,
    };
    match visit.webhooks().test_endpoint(&caller, &id, new).await {
        Ok(delivery) => Ok(see_other(&format!("/webhooks/deliveries/{delivery}"))),
        Err(TestEndpointError::TooMany(_)) => {
            let page = format!("/webhooks/{id}");
            Ok(done(&visit.request.dashboard, &page, Notice::TooManyTests))
        }
        Err(TestEndpointError::NotFound | TestEndpointError::KeyNotFound) => Err(Refusal::NotFound),
        Err(TestEndpointError::Store(error)) => Err(error.into()),
    }
}
