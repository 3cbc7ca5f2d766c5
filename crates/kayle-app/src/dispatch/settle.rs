//! Writes what came of claimed deliveries, for all that finished while the last write was under
//! way at once.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use kayle_delivery::step::AfterFailure;
use kayle_delivery::{
    AttemptOutcome, AttemptStatus, Delivery, Input, InvalidTransition, LeaseHolder, Phases,
    ProofVerdict, RetrySchedule, Step, TestTrace,
};
use kayle_endpoints::{DeliveryPolicy, Endpoint, Retention};
use kayle_primitives::{DeliveryAttemptId, EndpointId, Timestamp};

use crate::limits::{CONFLICT_RETRIES_MAX, FAULT_DELAY};
use crate::ports::meter::BatchKind;
use crate::ports::queue::{Claimed, Settled, Settlement};
use crate::ports::sender::Sent;
use crate::ports::store::{StoreError, report_damage};
use crate::{Missing, Webhooks};

/// A claimed delivery between its claim and its settlement.
#[derive(Debug, Clone)]
pub struct InFlight {
    /// As it was claimed.
    pub delivery: Delivery,
    pub(crate) holder: LeaseHolder,
    /// Its endpoint's policy at the claim.
    pub(crate) policy: DeliveryPolicy,
    pub(crate) due_at: Timestamp,
    pub(crate) started_at: Timestamp,
    /// What is kept of a test's request.
    pub(crate) test: Option<TestTrace>,
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
    /// It was not tried: the dispatcher stops.
    Untried,
}

/// A delivery whose claim has ended.
#[derive(Debug, Clone)]
pub struct Finished {
    pub(crate) in_flight: InFlight,
    pub(crate) outcome: Outcome,
    /// How long the endpoint asks to be left alone from then on.
    pub(crate) retry_after: Option<Duration>,
    pub(crate) phases: Phases,
    pub(crate) ended_at: Timestamp,
}

impl InFlight {
    pub(crate) fn new(claimed: &Claimed, holder: LeaseHolder, started_at: Timestamp) -> Self {
        let endpoint = claimed.endpoint.as_ref().map(|claimed| &claimed.endpoint);
        Self {
            delivery: claimed.delivery.clone(),
            holder,
            policy: endpoint.map_or(
                DeliveryPolicy::OF_A_DELETED_ENDPOINT,
                Endpoint::delivery_policy,
            ),
            due_at: claimed.due_at,
            started_at,
            test: None,
        }
    }
}

impl Webhooks {
    /// Notes the end of a claim at this moment.
    pub fn finish(&self, in_flight: InFlight, outcome: Outcome) -> Finished {
        Finished {
            in_flight,
            outcome,
            retry_after: None,
            phases: Phases::default(),
            ended_at: self.clock.now(),
        }
    }

    /// Notes the end of a claim whose request was made.
    pub fn finish_sent(&self, mut in_flight: InFlight, sent: Sent) -> Finished {
        // A date is the endpoint's, so it is compared with the clock that others go by.
        let wall = self.clock.wall();
        if let Some(test) = &mut in_flight.test {
            test.findings = sent.findings;
        }
        Finished {
            retry_after: sent.retry_after.map(|asked_for| asked_for.delay(wall)),
            phases: sent.phases,
            ..self.finish(in_flight, Outcome::Attempted(sent.outcome))
        }
    }

    /// Writes the ends of claims, and returns how many were discarded: their lease was lost, or
    /// their delivery does not take them. After an error the same may be tried again.
    pub async fn settle(&self, finished: &[Finished]) -> Result<usize, StoreError> {
        self.note_proofs(finished).await?;
        let policies = self.policies_of_exhausted(finished).await?;
        let settlements: Vec<Settlement> = finished
            .iter()
            .filter_map(|finished| self.settlement(finished, &policies))
            .collect();
        let settled = self.settle_all(&settlements).await?;
        let written = settled
            .iter()
            .filter(|settled| **settled == Settled::Written);
        let discarded = finished.len() - written.count();
        self.meter.results_discarded(discarded);
        Ok(discarded)
    }

    /// Notes the keys whose private half the receivers of tests have shown to have. It comes before
    /// the settlement, so that whoever sees the test's end finds its key proven. A key whose row
    /// cannot be read keeps nothing back.
    async fn note_proofs(&self, finished: &[Finished]) -> Result<(), StoreError> {
        let proven = finished.iter().filter_map(|finished| {
            let InFlight { delivery, test, .. } = &finished.in_flight;
            let is_proven = test.as_ref()?.findings.proof == Some(ProofVerdict::Proven);
            is_proven.then_some(delivery)
        });
        for delivery in proven {
            let Some(key_id) = &delivery.encryption_key_id else {
                continue;
            };
            let (organization_id, now) = (delivery.organization_id, self.clock.now());
            let noted = self.note_key_proven_by_receiver(organization_id, key_id, now);
            match noted.await {
                // The key was deleted with its endpoint in the meantime.
                Ok(()) | Err(Missing::NotFound { .. }) => {}
                Err(Missing::Store(error @ StoreError::Corrupt { .. })) => report_damage(&error),
                Err(Missing::Store(error)) => return Err(error),
            }
        }
        Ok(())
    }

    /// Returns what is to be written of the end of a claim; `None` if the delivery does not take
    /// it.
    fn settlement(
        &self,
        finished: &Finished,
        policies: &BTreeMap<EndpointId, DeliveryPolicy>,
    ) -> Option<Settlement> {
        let InFlight {
            delivery,
            holder,
            policy: policy_at_claim,
            ..
        } = &finished.in_flight;
        let policy = policies.get(&delivery.endpoint_id);
        let step = self.step(finished, policy.unwrap_or(policy_at_claim).retention);
        let step = step.inspect_err(|error| report_discarded(delivery, error));
        Some(Settlement {
            holder: holder.clone(),
            step: step
                .ok()?
                .with_phases(finished.phases)
                .with_test(finished.in_flight.test.clone()),
        })
    }

    /// Writes settlements, and counts what was written; tests are not counted.
    pub(crate) async fn settle_all(
        &self,
        settlements: &[Settlement],
    ) -> Result<Vec<Settled>, StoreError> {
        if settlements.is_empty() {
            return Ok(Vec::new());
        }
        let began = self.clock.now();
        let settled = self.write_settlements(settlements).await?;
        let took = self.clock.now().since(began);
        self.meter
            .batch_ended(BatchKind::Settle, settlements.len(), took);
        let written = settlements.iter().zip(&settled);
        let written = written.filter(|(_, settled)| **settled == Settled::Written);
        self.note_settled(written.map(|(settlement, _)| &settlement.step));
        Ok(settled)
    }

    /// Writes settlements at once; one that the store does not take must not keep back the others,
    /// so that they are written one by one if they are refused together.
    async fn write_settlements(
        &self,
        settlements: &[Settlement],
    ) -> Result<Vec<Settled>, StoreError> {
        match self.queue.settle(settlements).await {
            Err(StoreError::Conflict | StoreError::Corrupt { .. }) => {}
            settled => return settled,
        }
        let mut settled = Vec::with_capacity(settlements.len());
        for settlement in settlements {
            settled.push(self.settle_alone(settlement).await?);
        }
        Ok(settled)
    }

    async fn settle_alone(&self, settlement: &Settlement) -> Result<Settled, StoreError> {
        let mut tries = 0..CONFLICT_RETRIES_MAX;
        loop {
            let error = match self.queue.settle(std::slice::from_ref(settlement)).await {
                Ok(settled) => return Ok(settled.first().copied().unwrap_or(Settled::LeaseLost)),
                Err(error) => error,
            };
            match error {
                StoreError::Unavailable(_) => return Err(error),
                StoreError::Conflict if tries.next().is_some() => {}
                StoreError::Conflict | StoreError::Corrupt { .. } => {
                    report_discarded(&settlement.step.delivery, &error);
                    return Ok(Settled::Refused);
                }
            }
        }
    }

    fn step(&self, finished: &Finished, retention: Retention) -> Result<Step, InvalidTransition> {
        let Finished {
            in_flight,
            outcome,
            retry_after,
            ended_at,
            ..
        } = finished;
        let input = match *outcome {
            Outcome::Attempted(outcome) => Input::AttemptFinished {
                attempt_id: DeliveryAttemptId::generate(in_flight.started_at, &*self.entropy),
                started_at: in_flight.started_at,
                outcome,
                after_failure: AfterFailure {
                    schedule: self.schedule_of(in_flight),
                    retention,
                    retry_after: *retry_after,
                },
            },
            Outcome::Held => Input::Held,
            Outcome::Withdrawn => Input::Withdrawn,
            Outcome::EndpointDeleted => Input::EndpointDeleted,
            Outcome::Fault => Input::Released {
                due_at: ended_at.plus(FAULT_DELAY),
            },
            Outcome::Untried => Input::Released { due_at: *ended_at },
        };
        kayle_delivery::step(&in_flight.delivery, input, *ended_at)
    }

    /// Reads the policy of every endpoint that has a delivery whose schedule has run out: its
    /// retention counts as it is at that moment (contract 3.2, E4), not as it was at the claim.
    async fn policies_of_exhausted(
        &self,
        finished: &[Finished],
    ) -> Result<BTreeMap<EndpointId, DeliveryPolicy>, StoreError> {
        let exhausted = finished.iter().filter(|finished| self.exhausts(finished));
        let endpoints: BTreeSet<EndpointId> = exhausted
            .map(|finished| finished.in_flight.delivery.endpoint_id.clone())
            .collect();
        if endpoints.is_empty() {
            return Ok(BTreeMap::new());
        }
        self.queue.policies(&endpoints).await
    }

    fn exhausts(&self, finished: &Finished) -> bool {
        let Outcome::Attempted(outcome) = finished.outcome else {
            return false;
        };
        let attempts = finished.in_flight.delivery.attempt_count + 1;
        let next = self.schedule_of(&finished.in_flight).delay_after(attempts);
        outcome.status() == AttemptStatus::Failed && next.is_none()
    }

    fn schedule_of(&self, in_flight: &InFlight) -> &RetrySchedule {
        let name = in_flight.policy.retry_schedule;
        self.settings.retry_schedules.named(name)
    }
}

/// Says that a result is not written: the delivery goes on when its lease has run out.
fn report_discarded(delivery: &Delivery, error: &(dyn std::error::Error + 'static)) {
    tracing::error!(delivery.id = %delivery.id, error, "a result is discarded");
}
