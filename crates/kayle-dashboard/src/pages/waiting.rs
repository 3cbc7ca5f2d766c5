//! How many deliveries of an endpoint wait: what a change will touch.

use kayle_app::ports::store::DeliveryFilter;
use kayle_delivery::DeliveryStatus;
use kayle_primitives::{EndpointId, PageLimit, PageRequest};

use crate::limits::CHOICES;
use crate::refusal::Refusal;
use crate::visit::Visit;
use crate::words::counted;

/// How many wait, counted as far as a page of the store reaches.
pub(crate) struct Waiting {
    count: usize,
    has_more: bool,
}

/// Counts the deliveries of an endpoint that wait for an attempt.
pub(crate) async fn waiting(visit: &Visit, id: &EndpointId) -> Result<Waiting, Refusal> {
    let filter = DeliveryFilter {
        status: Some(DeliveryStatus::Pending),
        endpoint_id: Some(id.clone()),
        event_id: None,
        session_id: None,
        with_tests: false,
    };
    let request = PageRequest {
        limit: PageLimit::new(CHOICES).map_err(|_| Refusal::Broken)?,
        starting_after: None,
    };
    let webhooks = visit.webhooks();
    let found = webhooks.list_deliveries(visit.organization_id(), &filter, &request);
    let found = found.await?.ok_or(Refusal::NotFound)?;
    Ok(Waiting {
        count: found.items.len(),
        has_more: found.has_more,
    })
}

impl Waiting {
    /// Says it: `3 deliveries wait`.
    pub(crate) fn sentence(&self) -> String {
        if self.has_more {
            format!("More than {} deliveries wait", self.count)
        } else {
            let counted = counted(self.count, "delivery waits", "deliveries wait");
            counted.replacen("0 ", "No ", usize::from(self.count == 0))
        }
    }
}
