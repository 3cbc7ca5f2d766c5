//! Writes what came of claimed deliveries, for all that finished while the last write was under
//! way at once.

use std::collections::BTreeMap;

use kayle_delivery::step::AfterFailure;
use kayle_delivery::{
    AttemptOutcome, AttemptStatus, Delivery, Input, InvalidTransition, LeaseHolder, Step, step,
};
use kayle_endpoints::{Retention, RetryScheduleName};
use kayle_primitives::{DeliveryAttemptId, EndpointId, Timestamp};

use crate::Webhooks;
use crate::limits::FAULT_DELAY;
use crate::ports::queue::{Claimed, Settled, Settlement};
use crate::ports::store::StoreError;

/// A claimed delivery between its claim and its settlement.
#[derive(Debug, Clone)]
pub struct InFlight {
    /// As it was claimed.
    pub delivery: Delivery,
    pub(crate) holder: LeaseHolder,
    pub(crate) retry_schedule: RetryScheduleName,
    pub(crate) retention: Retention,
    pub(crate) started_at: Timestamp,
}

/// How a claim on one delivery ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// With an attempt, which counts.
    Attempted(AttemptOutcome),
    /// Its endpoint is disabled or its organization frozen (D3).
    Held,
    /// The person withdrew.
    Withdrawn,
    /// Its endpoint was deleted (D5).
    EndpointDeleted,
    /// Something in our own house broke before a request was made.
    Fault,
    /// The dispatcher stops before it was tried.
    Stopping,
}

/// A delivery whose claim has ended.
#[derive(Debug, Clone)]
pub struct Finished {
    pub(crate) in_flight: InFlight,
    pub(crate) outcome: Outcome,
    pub(crate) ended_at: Timestamp,
}

impl InFlight {
    pub(crate) fn new(claimed: &Claimed, holder: LeaseHolder, started_at: Timestamp) -> Self {
        let endpoint = claimed.endpoint.as_ref().map(|claimed| &claimed.endpoint);
        Self {
            delivery: claimed.delivery.clone(),
            holder,
            retry_schedule: endpoint
                .map(|endpoint| endpoint.retry_schedule)
                .unwrap_or_default(),
            retention: endpoint.map_or(Retention::SevenDays, |endpoint| endpoint.retention),
            started_at,
        }
    }
}

impl Webhooks {
    /// Notes the end of a claim at this moment.
    pub fn finish(&self, in_flight: InFlight, outcome: Outcome) -> Finished {
        Finished {
            in_flight,
            outcome,
            ended_at: self.clock.now(),
        }
    }

    /// Writes the ends of claims; gives how many had lost their lease and were not written. After
    /// an error nothing was written, and the same may be tried again.
    pub async fn settle(&self, finished: &[Finished]) -> Result<usize, StoreError> {
        let retentions = self.retentions_of_exhausted(finished).await?;
        let settlements: Vec<Settlement> = finished
            .iter()
            .filter_map(|finished| {
                let InFlight {
                    delivery,
                    retention: claimed_with,
                    ..
                } = &finished.in_flight;
                let retention = retentions.get(&delivery.endpoint_id);
                let step = self.stepped(finished, *retention.unwrap_or(claimed_with));
                let step = step.ok()?;
                Some(Settlement {
                    holder: finished.in_flight.holder.clone(),
                    step,
                })
            })
            .collect();
        if settlements.is_empty() {
            return Ok(0);
        }
        let settled = self.queue.settle(&settlements).await?;
        Ok(settled
            .iter()
            .filter(|settled| **settled == Settled::LeaseLost)
            .count())
    }

    fn stepped(
        &self,
        finished: &Finished,
        retention: Retention,
    ) -> Result<Step, InvalidTransition> {
        let Finished {
            in_flight,
            outcome,
            ended_at,
        } = finished;
        let input = match *outcome {
            Outcome::Attempted(outcome) => Input::AttemptFinished {
                attempt_id: DeliveryAttemptId::generate(in_flight.started_at, &*self.entropy),
                started_at: in_flight.started_at,
                outcome,
                after_failure: AfterFailure {
                    schedule: self
                        .settings
                        .retry_schedules
                        .named(in_flight.retry_schedule),
                    retention,
                },
            },
            Outcome::Held => Input::Held,
            Outcome::Withdrawn => Input::Withdrawn,
            Outcome::EndpointDeleted => Input::EndpointDeleted,
            Outcome::Fault => Input::Released {
                due_at: ended_at.plus(FAULT_DELAY),
            },
            Outcome::Stopping => Input::Released { due_at: *ended_at },
        };
        step(&in_flight.delivery, input, *ended_at)
    }

    /// Reads the retention of every endpoint that has a delivery whose schedule has run out: it
    /// counts as it is at that moment (contract 3.2, E4), not as it was at the claim.
    async fn retentions_of_exhausted(
        &self,
        finished: &[Finished],
    ) -> Result<BTreeMap<EndpointId, Retention>, StoreError> {
        let mut retentions = BTreeMap::new();
        for Finished { in_flight, .. } in finished.iter().filter(|ended| self.exhausts(ended)) {
            let Delivery {
                organization_id,
                endpoint_id,
                ..
            } = &in_flight.delivery;
            if !retentions.contains_key(endpoint_id) {
                let reads = self.store.reads();
                let endpoint = reads.find_endpoint(*organization_id, endpoint_id).await?;
                let retention = endpoint.map_or(Retention::SevenDays, |found| found.retention);
                retentions.insert(endpoint_id.clone(), retention);
            }
        }
        Ok(retentions)
    }

    fn exhausts(&self, finished: &Finished) -> bool {
        let Outcome::Attempted(outcome) = finished.outcome else {
            return false;
        };
        let InFlight {
            delivery,
            retry_schedule,
            ..
        } = &finished.in_flight;
        let schedule = self.settings.retry_schedules.named(*retry_schedule);
        outcome.status() == AttemptStatus::Failed
            && schedule.delay_after(delivery.attempt_count + 1).is_none()
    }
}
