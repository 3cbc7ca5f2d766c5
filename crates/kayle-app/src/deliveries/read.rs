//! Gets and lists deliveries (contract 3.4, L1; D12), and says why one is where it is.

use kayle_delivery::explanation::{COUNTED_AHEAD_MAX, planned_attempts};
use kayle_delivery::{
    Attempt, Delivery, DeliveryState, Explanation, LastAttempt, StageReport, Surroundings, explain,
    report,
};
use kayle_endpoints::{Endpoint, RetryScheduleName};
use kayle_primitives::{DeliveryId, OrganizationId, Page, PageRequest, Timestamp};

use crate::Webhooks;
use crate::ports::store::{DeliveryFilter, DuePlace, StoreError};

/// A delivery with the history of its attempts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeliveryWithAttempts {
    /// The delivery.
    pub delivery: Delivery,
    /// Every recorded attempt, in the order they were made, those before a requeue included.
    pub attempts: Vec<Attempt>,
    /// Why it is where it is.
    pub explanation: Explanation,
    /// When it is due, and when it will be if every attempt fails at once; empty unless it is
    /// pending and nothing holds it back.
    pub planned_attempts: Vec<Timestamp>,
    /// How a test went, stage by stage; `None` for what is no test.
    pub report: Option<Vec<StageReport>>,
}

impl Webhooks {
    /// Gets one; `None` if the organization has no such delivery.
    pub async fn get_delivery(
        &self,
        organization_id: OrganizationId,
        id: &DeliveryId,
    ) -> Result<Option<DeliveryWithAttempts>, StoreError> {
        let reads = self.store.reads();
        let Some(delivery) = reads.find_delivery(organization_id, id).await? else {
            return Ok(None);
        };
        let attempts = reads.attempts_of(organization_id, id).await?;
        let delivery = with_last_of(delivery, &attempts);
        let now = self.clock.now();
        let (explanation, planned_attempts) = match delivery.state {
            DeliveryState::Pending { due_at } | DeliveryState::Held { due_at } => {
                self.explain_waiting(&delivery, due_at, now).await?
            }
            DeliveryState::Delivering { .. } | DeliveryState::Succeeded | DeliveryState::Failed => {
                (explain(&delivery, self.nothing_around(), now), Vec::new())
            }
        };
        Ok(Some(DeliveryWithAttempts {
            report: (delivery.is_test).then(|| report(&delivery, attempts.last())),
            delivery,
            attempts,
            explanation,
            planned_attempts,
        }))
    }

    /// Lists a page, newest first; `None` if the cursor is unknown.
    pub async fn list_deliveries(
        &self,
        organization_id: OrganizationId,
        filter: &DeliveryFilter,
        page: &PageRequest<DeliveryId>,
    ) -> Result<Option<Page<Delivery>>, StoreError> {
        self.store
            .reads()
            .list_deliveries(organization_id, filter, page)
            .await
    }

    /// Explains a delivery that waits, which takes a look at what it waits for.
    async fn explain_waiting(
        &self,
        delivery: &Delivery,
        due_at: Timestamp,
        now: Timestamp,
    ) -> Result<(Explanation, Vec<Timestamp>), StoreError> {
        let reads = self.store.reads();
        let organization_id = delivery.organization_id;
        let organization = reads.find_organization(organization_id).await?;
        let endpoint = reads
            .find_endpoint(organization_id, &delivery.endpoint_id)
            .await?;
        let mut around = Surroundings {
            organization_frozen_at: organization.and_then(|found| found.pending_deletion_at),
            endpoint_disabled_at: endpoint.as_ref().and_then(|found| found.disabled_at),
            ..self.surrounded_by(endpoint.as_ref())
        };
        let is_held_back =
            around.organization_frozen_at.is_some() || around.endpoint_disabled_at.is_some();
        if is_held_back {
            return Ok((explain(delivery, around, now), Vec::new()));
        }
        if due_at <= now {
            let place = DuePlace {
                endpoint_id: &delivery.endpoint_id,
                due_at,
                id: &delivery.id,
            };
            let most = COUNTED_AHEAD_MAX + 1;
            around.ahead = reads.count_due_before(organization_id, place, most).await?;
        }
        let planned = planned_attempts(delivery, around.schedule);
        Ok((explain(delivery, around, now), planned))
    }

    /// Returns the surroundings of a delivery that nothing holds back.
    fn nothing_around(&self) -> Surroundings<'_> {
        self.surrounded_by(None)
    }

    fn surrounded_by(&self, endpoint: Option<&Endpoint>) -> Surroundings<'_> {
        let schedule = endpoint.map_or(RetryScheduleName::Standard, |found| found.retry_schedule);
        Surroundings {
            endpoint_disabled_at: None,
            organization_frozen_at: None,
            schedule: self.settings.retry_schedules.named(schedule),
            ahead: 0,
        }
    }
}

/// Takes the reason why the last attempt failed from the attempt, for a delivery that was settled
/// before deliveries kept it.
fn with_last_of(delivery: Delivery, attempts: &[Attempt]) -> Delivery {
    let is_last = |attempt: &&Attempt| {
        let last = delivery.last_attempt;
        last.is_some_and(|last| last.at == attempt.attempted_at)
    };
    match attempts.last().filter(is_last) {
        Some(attempt) => Delivery {
            last_attempt: Some(LastAttempt::of(attempt)),
            ..delivery
        },
        None => delivery,
    }
}
