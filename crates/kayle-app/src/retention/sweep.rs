//! One sweep (contract 13.4, Timers): in bounded batches until nothing is due.

use kayle_delivery::step::AfterFailure;
use kayle_delivery::{Delivery, DeliveryState, Input, step};
use kayle_primitives::{DeliveryAttemptId, Timestamp};

use crate::Webhooks;
use crate::limits::SWEEP_BATCH_MAX;
use crate::ports::queue::{ExpiredLease, Settlement};
use crate::ports::store::{StoreError, SweepTurn};

/// How much a sweep found.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Sessions whose window had passed.
    pub sessions: usize,
    /// Payloads whose retention was over.
    pub payloads: usize,
    /// Deliveries whose dispatcher was gone.
    pub leases: usize,
}

impl Webhooks {
    /// Takes the turn to sweep and purge; `None` if another process has it.
    pub async fn sweep_turn(&self) -> Result<Option<SweepTurn>, StoreError> {
        self.store.sweep_turn().await
    }

    /// Takes over up to one batch of deliveries whose lease has run out, and gives how many there
    /// were. Any number of processes may do it at once: each delivery is taken over by one.
    pub async fn take_over_expired_leases(&self) -> Result<usize, StoreError> {
        self.sweep_expired_leases(self.clock.now()).await
    }

    /// Sweeps until nothing is due.
    pub async fn sweep(&self) -> Result<Swept, StoreError> {
        let mut swept = Swept::default();
        loop {
            let now = self.clock.now();
            // Each is tried, whatever became of the one before: none may keep the others waiting.
            let leases = self.sweep_expired_leases(now).await;
            let sessions = self.sweep_overdue_sessions(now).await;
            let payloads = self.sweep_expired_payloads(now).await;
            let found = Swept {
                leases: leases?,
                sessions: sessions?,
                payloads: payloads?,
            };
            swept.leases += found.leases;
            swept.sessions += found.sessions;
            swept.payloads += found.payloads;
            let most = found.leases.max(found.sessions).max(found.payloads);
            if most < SWEEP_BATCH_MAX {
                return Ok(swept);
            }
        }
    }

    /// Records the lost attempt of every delivery whose lease has run out (D6); it goes on along
    /// its schedule.
    pub(crate) async fn sweep_expired_leases(&self, now: Timestamp) -> Result<usize, StoreError> {
        let expired = self.queue.expired_leases(now, SWEEP_BATCH_MAX).await?;
        let settlements: Vec<Settlement> = expired
            .iter()
            .filter_map(|expired| self.taken_over(expired, now))
            .collect();
        if !settlements.is_empty() {
            self.queue.settle(&settlements).await?;
            self.wakeup.wake();
        }
        Ok(expired.len())
    }

    fn taken_over(&self, expired: &ExpiredLease, now: Timestamp) -> Option<Settlement> {
        let DeliveryState::Delivering { lease, .. } = &expired.delivery.state else {
            return None;
        };
        let input = Input::LeaseExpired {
            attempt_id: DeliveryAttemptId::generate(now, &*self.entropy),
            after_failure: AfterFailure {
                schedule: self.settings.retry_schedules.named(expired.retry_schedule),
                retention: expired.retention,
            },
        };
        let step = step(&expired.delivery, input, now).ok()?;
        Some(Settlement {
            holder: lease.holder.clone(),
            step,
        })
    }

    pub(crate) async fn sweep_expired_payloads(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut tx = self.store.begin().await?;
        let expired = tx.lock_expired_payloads(now, SWEEP_BATCH_MAX).await?;
        let scrubbed: Vec<Delivery> = expired
            .iter()
            .filter_map(|delivery| step(delivery, Input::PayloadExpired, now).ok())
            .map(|step| step.delivery)
            .collect();
        if !scrubbed.is_empty() {
            tx.save_deliveries(&scrubbed).await?;
            tx.commit().await?;
        }
        Ok(expired.len())
    }
}
