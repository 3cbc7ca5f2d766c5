//! The dispatcher: claims, has sent, settles.

use std::sync::Arc;

use kayle_app::Webhooks;
use kayle_app::dispatch::{Finished, LeftBehind, Outcome, SlotLimits};
use kayle_app::limits::CLAIM_BATCH_MAX;
use kayle_app::ports::sender::Sender;
use kayle_app::ports::store::StoreError;
use tokio_util::sync::CancellationToken;

use crate::requests::Requests;

/// What one tick did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Ticked {
    /// Deliveries claimed.
    pub claimed: usize,
    /// Deliveries settled, those that had lost their lease included.
    pub settled: usize,
}

/// Claims due deliveries, has them sent and settles what came of them.
pub struct Dispatcher {
    pub(crate) webhooks: Arc<Webhooks>,
    pub(crate) requests: Requests,
    /// Over, but not written yet: a store that is down keeps them here.
    pub(crate) unsettled: Vec<Finished>,
}

/// Why a claim ended where it did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ClaimEnd {
    /// Nothing else was due.
    AllDue(usize),
    /// The batch was full: more may be due, and there is room for it.
    FullBatch(usize),
    /// All endpoints together, or one of them or of their destinations, can take no more before a
    /// request ends.
    NoRoom(usize),
}

impl ClaimEnd {
    fn count(self) -> usize {
        match self {
            Self::AllDue(count) | Self::FullBatch(count) | Self::NoRoom(count) => count,
        }
    }
}

impl Dispatcher {
    /// Creates a dispatcher with nothing under way.
    pub fn new(webhooks: Arc<Webhooks>, sender: Arc<dyn Sender>, limits: SlotLimits) -> Self {
        Self {
            requests: Requests::new(Arc::clone(&webhooks), sender, limits),
            webhooks,
            unsettled: Vec::new(),
        }
    }

    /// Claims once, waits for every request, and settles: one round, stepped by hand.
    pub async fn tick(&mut self) -> Result<Ticked, StoreError> {
        let claimed = self
            .claim_and_start(&CancellationToken::new())
            .await?
            .count();
        self.wait_for_all().await;
        let settled = self.settle().await?;
        Ok(Ticked { claimed, settled })
    }

    /// Claims what there is room for and starts its requests; after `stop` none is started, and
    /// what was claimed is released.
    pub(crate) async fn claim_and_start(
        &mut self,
        stop: &CancellationToken,
    ) -> Result<ClaimEnd, StoreError> {
        let slots = Arc::clone(&self.requests.starter.slots);
        let room = slots.room(self.unsettled.len());
        if room.total == 0 {
            return Ok(ClaimEnd::NoRoom(0));
        }
        let claim = self.webhooks.claim_deliveries(&room).await?;
        let claimed = claim.deliveries.len();
        if 0 < claimed {
            let prepared = self.webhooks.prepare(claim).await;
            self.unsettled.extend(prepared.finished);
            for ready in prepared.to_send {
                if stop.is_cancelled() {
                    let released = self.webhooks.finish(ready.in_flight, Outcome::Untried);
                    self.unsettled.push(released);
                } else {
                    self.requests.starter.start(ready);
                }
            }
        }
        let is_cut_short = claimed == room.total || claimed == CLAIM_BATCH_MAX;
        slots.note_left_behind(if is_cut_short {
            LeftBehind::OfAny
        } else {
            LeftBehind::OfBusyEndpoints
        });
        if claimed == room.total || slots.is_one_full() {
            return Ok(ClaimEnd::NoRoom(claimed));
        }
        if claimed == CLAIM_BATCH_MAX {
            return Ok(ClaimEnd::FullBatch(claimed));
        }
        Ok(ClaimEnd::AllDue(claimed))
    }

    /// Collects what has ended meanwhile and settles it; returns how many. After an error
    /// everything is kept for another try.
    pub(crate) async fn settle(&mut self) -> Result<usize, StoreError> {
        self.unsettled.extend(self.requests.take_ended());
        if self.unsettled.is_empty() {
            return Ok(0);
        }
        let discarded = self.webhooks.settle(&self.unsettled).await?;
        if 0 < discarded {
            tracing::warn!(
                discarded,
                "results were discarded: their deliveries had lost their lease, or do not take them"
            );
        }
        let settled = self.unsettled.len();
        self.unsettled.clear();
        Ok(settled)
    }

    /// Waits until nothing is under way.
    pub(crate) async fn wait_for_all(&mut self) {
        while !self.requests.is_empty() {
            let finished = self.requests.next().await;
            self.unsettled.extend(finished);
        }
    }
}

#[cfg(test)]
mod tests;
