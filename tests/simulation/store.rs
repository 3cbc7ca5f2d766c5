//! The memory store behind a connection that fails: before a change, or after it was committed
//! and before anybody heard of it. Beside the service it writes down what was really committed.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use kayle_app::ports::queue::{
    ClaimRequest, Claimed, DeliveryQueue, ExpiredLease, Settled, Settlement,
};
use kayle_app::ports::store::{Batch, Portion, Reads, Store, StoreError, StoreTx};
use kayle_delivery::{Delivery, DeliveryState, Input, LeaseHolder, step};
use kayle_endpoints::DeliveryPolicy;
use kayle_primitives::{Clock, DeliveryId, EndpointId, Timestamp};
use kayle_testkit::clock::MovedClock;
use kayle_testkit::store::MemoryStore;

use crate::choices::Choices;
use crate::history::{History, short};
use crate::laws::change::Cause;
use crate::mutant::Mutant;
use crate::observer;
use crate::pause::Pause;
use crate::transaction::SimulatedTx;

/// How often a call is interrupted by others' turns, in percent.
const PAUSES: usize = 40;
/// How often a call fails, each before and after its change, in percent.
const FAULTS: usize = 2;

/// The store and the queue, as every process of the simulation has them.
#[derive(Clone)]
pub(crate) struct SimulatedStore(pub(crate) Arc<Shared>);

/// What all processes share.
pub(crate) struct Shared {
    pub(crate) memory: MemoryStore,
    pub(crate) clock: Arc<MovedClock>,
    pub(crate) choices: Arc<Choices>,
    pub(crate) mutant: Option<Mutant>,
    pub(crate) has_faults: AtomicBool,
    pub(crate) history: Mutex<History>,
}

/// What becomes of one call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It does what it should.
    Well,
    /// It fails and has changed nothing.
    Refused,
    /// It does what it should, and the caller hears of an error.
    AnswerLost,
}

impl Shared {
    pub(crate) fn history(&self) -> MutexGuard<'_, History> {
        self.history
            .lock()
            .expect("nothing panics with the history")
    }

    pub(crate) fn is(&self, mutant: Mutant) -> bool {
        self.mutant == Some(mutant)
    }

    /// Lets others have their turn, sometimes; then decides what becomes of the call.
    pub(crate) async fn call(&self) -> Result<Fate, StoreError> {
        if self.choices.percent(PAUSES) {
            Pause::default().await;
        }
        match self.fate() {
            Fate::Refused => Err(failed()),
            fate @ (Fate::Well | Fate::AnswerLost) => Ok(fate),
        }
    }

    /// Returns the answer of a call whose change is made, or loses it.
    pub(crate) async fn answer<T>(&self, fate: Fate, answer: T) -> Result<T, StoreError> {
        if self.choices.percent(PAUSES) {
            Pause::default().await;
        }
        match fate {
            Fate::Well | Fate::Refused => Ok(answer),
            Fate::AnswerLost => Err(failed()),
        }
    }

    fn fate(&self) -> Fate {
        if !self.has_faults.load(Ordering::Relaxed) {
            return Fate::Well;
        }
        match self.choices.below(100) {
            roll if roll < FAULTS => Fate::Refused,
            roll if roll < 2 * FAULTS => Fate::AnswerLost,
            _ => Fate::Well,
        }
    }

    /// Writes down what a commit has changed, and judges it.
    pub(crate) async fn observe(&self, cause: Cause, settled: &[(DeliveryId, LeaseHolder)]) {
        self.memory.fail_next(0);
        observer::observe(self, cause, settled).await;
    }

    fn trace(&self, line: impl FnOnce() -> String) {
        self.history().trace(self.clock.now(), line);
    }
}

fn failed() -> StoreError {
    StoreError::Unavailable("the seed says so".into())
}

#[async_trait]
impl Store for SimulatedStore {
    fn reads(&self) -> &dyn Reads {
        if self.0.fate() == Fate::Refused {
            self.0.memory.fail_next(1);
        }
        self.0.memory.reads()
    }

    async fn begin(&self) -> Result<Box<dyn StoreTx>, StoreError> {
        self.0.call().await?;
        let inner = self.0.memory.begin().await?;
        let tx = SimulatedTx {
            inner,
            shared: Arc::clone(&self.0),
        };
        Ok(Box::new(tx))
    }
}

#[async_trait]
impl DeliveryQueue for SimulatedStore {
    async fn claim_due(&self, request: &ClaimRequest) -> Result<Vec<Claimed>, StoreError> {
        let shared = &self.0;
        let fate = shared.call().await?;
        if shared.is(Mutant::ClaimsWhatIsLeased) {
            release_all(shared, request.now).await?;
        }
        let mut claimed = shared.memory.claim_due(request).await?;
        let holder = request.lease.holder.clone();
        shared.observe(Cause::Claim(holder, request.now), &[]).await;
        if !claimed.is_empty() {
            shared.trace(|| format!("claims {}{}", names(&claimed), heard(fate)));
        }
        if shared.is(Mutant::KeepsWhatWasWithdrawn) {
            for claim in &mut claimed {
                claim.session_suppressed = false;
            }
        }
        shared.answer(fate, claimed).await
    }

    async fn still_leased_to(
        &self,
        holder: &LeaseHolder,
        ids: &[DeliveryId],
    ) -> Result<Vec<DeliveryId>, StoreError> {
        let shared = &self.0;
        let fate = shared.call().await?;
        let mut held = shared.memory.still_leased_to(holder, ids).await?;
        {
            let mut history = shared.history();
            let moment = history.next_moment();
            history.last_looks.insert(holder.clone(), moment);
            if shared.is(Mutant::AlwaysStillHeld) {
                held = ids.to_vec();
            }
        }
        shared.answer(fate, held).await
    }

    async fn settle(&self, settlements: &[Settlement]) -> Result<Vec<Settled>, StoreError> {
        let shared = &self.0;
        let fate = shared.call().await?;
        let mut broken = settlements.to_vec();
        for settlement in &mut broken {
            break_settlement(shared, settlement);
        }
        let settled = shared.memory.settle(&broken).await?;
        let answered = settlements.iter().zip(&settled);
        let written: Vec<(DeliveryId, LeaseHolder)> = answered
            .filter(|(_, settled)| **settled == Settled::Written)
            .map(|(asked, _)| (asked.step.delivery.id.clone(), asked.holder.clone()))
            .collect();
        shared.trace(|| format!("settles{}{}", results(&broken, &settled), heard(fate)));
        shared.observe(Cause::OtherSettlement, &written).await;
        shared.answer(fate, settled).await
    }

    async fn expired_leases(
        &self,
        now: Timestamp,
        portion: Portion,
    ) -> Result<Batch<ExpiredLease>, StoreError> {
        let fate = self.0.call().await?;
        if self.0.is(Mutant::NeverTakesOver) {
            return Ok(Vec::new().into());
        }
        let expired = self.0.memory.expired_leases(now, portion).await?;
        self.0.answer(fate, expired).await
    }

    async fn policies(
        &self,
        endpoints: &BTreeSet<EndpointId>,
    ) -> Result<BTreeMap<EndpointId, DeliveryPolicy>, StoreError> {
        let fate = self.0.call().await?;
        let policies = self.0.memory.policies(endpoints).await?;
        self.0.answer(fate, policies).await
    }

    async fn next_due_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let fate = self.0.call().await?;
        let due_at = self.0.memory.next_due_at().await?;
        self.0.answer(fate, due_at).await
    }
}

/// Does to a settlement what the mutant does.
fn break_settlement(shared: &Shared, settlement: &mut Settlement) {
    let delivery = &mut settlement.step.delivery;
    let has_failed = settlement.step.attempt.is_some() && is_pending(delivery);
    if shared.is(Mutant::SettlesWithoutLease) {
        let history = shared.history();
        let present = history.deliveries.get(&delivery.id);
        if let Some(DeliveryState::Delivering { lease, .. }) =
            present.map(|record| &record.delivery.state)
        {
            settlement.holder = lease.holder.clone();
        }
    } else if shared.is(Mutant::ForgetsTheSchedule) && has_failed {
        delivery.state = DeliveryState::Pending {
            due_at: delivery.updated_at,
        };
    } else if shared.is(Mutant::ForgetsTheCount) && has_failed {
        delivery.attempt_count = 1;
    }
}

/// Takes every lease away, whoever has it.
async fn release_all(shared: &Shared, now: Timestamp) -> Result<(), StoreError> {
    let released: Vec<Delivery> = {
        let history = shared.history();
        let deliveries = history.deliveries.values().map(|record| &record.delivery);
        let released =
            deliveries.filter_map(|held| step(held, Input::Released { due_at: now }, now).ok());
        released.map(|step| step.delivery).collect()
    };
    let mut tx = shared.memory.begin().await?;
    tx.save_deliveries(&released).await?;
    tx.commit().await
}

fn is_pending(delivery: &Delivery) -> bool {
    matches!(delivery.state, DeliveryState::Pending { .. })
}

fn heard(fate: Fate) -> &'static str {
    match fate {
        Fate::Well | Fate::Refused => "",
        Fate::AnswerLost => ", and the answer is lost",
    }
}

fn names(claimed: &[Claimed]) -> String {
    let names: Vec<&str> = claimed
        .iter()
        .map(|claim| short(claim.delivery.id.as_str()))
        .collect();
    names.join(" ")
}

fn results(settlements: &[Settlement], settled: &[Settled]) -> String {
    let mut text = String::new();
    for (settlement, settled) in settlements.iter().zip(settled) {
        let delivery = &settlement.step.delivery;
        text.push(' ');
        text.push_str(short(delivery.id.as_str()));
        text.push_str(match settled {
            Settled::Written => " as ",
            Settled::LeaseLost => " (lease lost) not as ",
            Settled::Refused => " (refused) not as ",
        });
        text.push_str(delivery.status().as_str());
    }
    text
}
