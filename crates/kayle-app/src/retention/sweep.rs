//! One sweep (contract 13.4, Timers): in bounded batches until nothing is due.
//!
//! What cannot be moved, because it cannot be read or a step refuses it, is left behind by the next
//! batch: it delays nobody, and no sweep goes on for ever because of it.

use std::future::Future;

use kayle_delivery::step::AfterFailure;
use kayle_delivery::{Delivery, DeliveryState, Input, step};
use kayle_primitives::{DeliveryAttemptId, Timestamp};

use crate::Webhooks;
use crate::limits::SWEEP_BATCH_MAX;
use crate::ports::meter::{self, DeliveryEnd};
use crate::ports::queue::{ExpiredLease, Settled, Settlement};
use crate::ports::store::{Batch, Portion, StoreError, SweepTurn};
use crate::sessions::commit::open_among;

/// How much a sweep changed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Swept {
    /// Sessions whose window had passed.
    pub sessions: usize,
    /// Payloads whose retention was over.
    pub payloads: usize,
    /// Deliveries whose dispatcher was gone.
    pub leases: usize,
}

/// What came of one portion.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Found {
    /// How many rows there were.
    pub(crate) seen: usize,
    /// How many of them are no longer due.
    pub(crate) moved: usize,
}

impl Found {
    /// Counts a batch of which nothing has moved yet.
    pub(crate) fn of<T>(batch: &Batch<T>) -> Self {
        Self {
            seen: batch.seen(),
            moved: 0,
        }
    }
}

/// How far one kind of thing is swept.
struct Progress {
    /// What is to be looked at next; `None` once all is.
    portion: Option<Portion>,
    moved: usize,
}

impl Progress {
    fn new() -> Self {
        Self {
            portion: Some(Portion::first(SWEEP_BATCH_MAX)),
            moved: 0,
        }
    }

    /// Sweeps the portion whose turn it is, if there is one, and notes what came of it.
    async fn advance<F>(&mut self, sweep: impl FnOnce(Portion) -> F) -> Result<(), StoreError>
    where
        F: Future<Output = Result<Found, StoreError>>,
    {
        if let Some(portion) = self.portion {
            let found = sweep(portion).await?;
            self.moved += found.moved;
            self.portion = portion.next(found.seen, found.moved);
        }
        Ok(())
    }
}

impl Webhooks {
    /// Takes the turn to sweep and purge; `None` if another process has it.
    pub async fn sweep_turn(&self) -> Result<Option<SweepTurn>, StoreError> {
        self.store.sweep_turn().await
    }

    /// Takes over the deliveries whose lease has run out, and returns how many there were. Any
    /// number of processes may do it at once: each delivery is taken over by one.
    pub async fn take_over_expired_leases(&self) -> Result<usize, StoreError> {
        let mut leases = Progress::new();
        while leases.portion.is_some() {
            let now = self.clock.now();
            let sweep = |portion| self.sweep_expired_leases(now, portion);
            leases.advance(sweep).await?;
        }
        Ok(leases.moved)
    }

    /// Sweeps until nothing is due. Payloads are left while nobody is certain what time it is.
    pub async fn sweep(&self) -> Result<Swept, StoreError> {
        let [mut leases, mut sessions, mut payloads] = [(); 3].map(|()| Progress::new());
        while [&leases, &sessions, &payloads]
            .iter()
            .any(|progress| progress.portion.is_some())
        {
            let now = self.clock.now();
            // Each is tried, whatever became of the one before: none may keep the others waiting.
            let swept_leases = leases
                .advance(|portion| self.sweep_expired_leases(now, portion))
                .await;
            let swept_sessions = sessions
                .advance(|portion| self.sweep_overdue_sessions(now, portion))
                .await;
            let swept_payloads = if let Some(now) = self.clock.certain_now() {
                payloads
                    .advance(|portion| self.sweep_expired_payloads(now, portion))
                    .await
            } else {
                // What was erased would be gone for good.
                payloads.portion = None;
                Ok(())
            };
            swept_leases.and(swept_sessions).and(swept_payloads)?;
        }
        Ok(Swept {
            leases: leases.moved,
            sessions: sessions.moved,
            payloads: payloads.moved,
        })
    }

    /// Records the lost attempt of a portion of the deliveries whose lease has run out (D6); they
    /// go on along their schedule.
    pub(crate) async fn sweep_expired_leases(
        &self,
        now: Timestamp,
        portion: Portion,
    ) -> Result<Found, StoreError> {
        let expired = self.queue.expired_leases(now, portion).await?;
        let mut found = Found::of(&expired);
        let settlements: Vec<Settlement> = expired
            .items
            .iter()
            .filter_map(|expired| self.take_over(expired, now))
            .collect();
        if !settlements.is_empty() {
            let settled = self.settle_all(&settlements).await?;
            // Whoever settled it meanwhile has moved it as well.
            found.moved = settled
                .iter()
                .filter(|settled| **settled != Settled::Refused)
                .count();
            self.meter.leases_expired(found.moved);
            self.wakeup.wake();
        }
        Ok(found)
    }

    fn take_over(&self, expired: &ExpiredLease, now: Timestamp) -> Option<Settlement> {
        let DeliveryState::Delivering { lease, .. } = &expired.delivery.state else {
            return None;
        };
        let input = Input::LeaseExpired {
            attempt_id: DeliveryAttemptId::generate(now, &*self.entropy),
            after_failure: AfterFailure {
                schedule: self
                    .settings
                    .retry_schedules
                    .named(expired.policy.retry_schedule),
                retention: expired.policy.retention,
                retry_after: None,
            },
        };
        let step = step(&expired.delivery, input, now).ok()?;
        Some(Settlement {
            holder: lease.holder.clone(),
            step,
        })
    }

    /// Scrubs a portion of the payloads whose retention is over. Of a delivery that cannot be read
    /// at least the bytes go.
    pub(crate) async fn sweep_expired_payloads(
        &self,
        now: Timestamp,
        portion: Portion,
    ) -> Result<Found, StoreError> {
        let mut tx = self.store.unaudited().await?;
        let expired = tx.lock_expired_payloads(now, portion).await?;
        let mut found = Found::of(&expired);
        let (before, scrubbed): (Vec<&Delivery>, Vec<Delivery>) = expired
            .items
            .iter()
            .filter_map(|delivery| {
                Some((delivery, step(delivery, Input::PayloadExpired, now).ok()?))
            })
            .map(|(before, step)| (before, step.delivery))
            .unzip();
        if 0 < found.seen {
            tx.save_deliveries(&scrubbed).await?;
            tx.erase_payloads(&expired.unreadable).await?;
            tx.commit().await?;
        }
        found.moved = scrubbed.len();
        let ended = open_among(before.into_iter());
        self.note_ended(DeliveryEnd::Expired, &ended);
        let moved = scrubbed.len() + expired.unreadable.len();
        self.meter.swept(meter::Swept::PayloadsScrubbed, moved);
        Ok(found)
    }
}
