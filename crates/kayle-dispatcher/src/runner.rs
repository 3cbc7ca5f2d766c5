//! The dispatcher's loop, until it is told to stop.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use kayle_app::ports::meter::{DispatcherLoad, LookReason, Loop};
use kayle_app::ports::store::StoreError;
use kayle_app::ports::wakeup::Wakeup;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;

use crate::dispatcher::Dispatcher;
use crate::heartbeat::Heartbeat;
use crate::pace::{Act, Pace, STORE_PAUSE};

/// How often the last results are offered to a failing store before the process stops without
/// them; their leases run out and the deliveries are tried again.
const LAST_SETTLE_TRIES: u32 = 20;

impl Dispatcher {
    /// Dispatches until `stop`; then waits for the requests under way, as long as `drain`, and
    /// settles them. What is not over by then is left to its lease: it may have arrived. The
    /// heartbeat beats whenever the queue was looked at without an error.
    pub async fn run(
        mut self,
        wakeup: &Wakeup,
        heartbeat: &Heartbeat,
        drain: Duration,
        stop: CancellationToken,
    ) {
        let starter = self.requests.starter.clone();
        let new = self
            .webhooks
            .take_new_deliveries(Arc::clone(&starter.slots));
        tokio::join!(
            starter.start_handed_over(new, stop.clone()),
            self.turn_until(&stop, wakeup, heartbeat),
        );
        self.drain(drain).await;
    }

    /// Does what the pace says, until `stop`.
    pub(crate) async fn turn_until(
        &mut self,
        stop: &CancellationToken,
        wakeup: &Wakeup,
        heartbeat: &Heartbeat,
    ) {
        let (mut pace, began) = (Pace::new(), Instant::now());
        let mut why = LookReason::default();
        while !stop.is_cancelled() {
            let acted = match pace.next(began.elapsed()) {
                Act::Settle => self.settle().await.map(|count| {
                    pace.settled(count, began.elapsed());
                }),
                Act::Claim => self.claim_and_start(stop).await.map(|end| {
                    self.report_turn(heartbeat, mem::take(&mut why));
                    pace.claimed(end, began.elapsed());
                }),
                Act::Look => self.look().await.map(|due_after| {
                    self.report_turn(heartbeat, mem::take(&mut why));
                    pace.looked(due_after, began.elapsed());
                }),
                Act::WaitUntil(until) => {
                    self.report_load();
                    tokio::select! {
                        biased;
                        () = stop.cancelled() => {}
                        finished = self.requests.next(), if pace.heeds_ends() => {
                            self.unsettled.extend(finished);
                            pace.ended();
                        }
                        () = wakeup.woken() => {
                            why = LookReason::Woken;
                            pace.woken();
                        }
                        () = sleep_until(began + until) => {}
                    }
                    Ok(())
                }
                Act::PauseUntil(until) => {
                    tokio::select! {
                        () = stop.cancelled() => {}
                        () = sleep_until(began + until) => {}
                    }
                    Ok(())
                }
            };
            if let Err(error) = acted {
                warn_of(&error);
                pace.failed(began.elapsed());
            }
        }
    }

    /// Says that the queue was looked at without an error. A dispatcher that works off a backlog
    /// never waits, so that waiting is no sign of life.
    fn report_turn(&self, heartbeat: &Heartbeat, why: LookReason) {
        heartbeat.beat();
        let meter = self.webhooks.meter();
        meter.queue_looked_at(why);
        meter.loop_turned(Loop::Dispatch);
        self.report_load();
    }

    fn report_load(&self) {
        self.webhooks.meter().dispatcher_turned(DispatcherLoad {
            in_flight: self.requests.starter.slots.in_flight(),
            unsettled: self.unsettled.len(),
        });
    }

    /// Finds out after which time something is due next.
    async fn look(&self) -> Result<Option<Duration>, StoreError> {
        let due_at = self.webhooks.next_delivery_due_at().await?;
        let now = self.webhooks.now();
        Ok(due_at.map(|due_at| due_at.since(now)))
    }

    async fn drain(mut self, longest: Duration) {
        let waited = tokio::time::timeout(longest, self.wait_for_all()).await;
        if waited.is_err() {
            tracing::error!("requests overran the delivery timeout; their leases run out");
        }
        for _ in 0..LAST_SETTLE_TRIES {
            match self.settle().await {
                Ok(_) => return,
                Err(error) => {
                    warn_of(&error);
                    tokio::time::sleep(STORE_PAUSE).await;
                }
            }
        }
        tracing::error!(
            results = self.unsettled.len(),
            "the store took no results; their deliveries are tried again after their leases"
        );
    }
}

fn warn_of(error: &(dyn std::error::Error + 'static)) {
    tracing::warn!(error, "the store failed; the dispatcher tries again");
}
