//! The dispatcher's loop, until it is told to stop.

use std::sync::Arc;
use std::time::Duration;

use kayle_app::ports::store::StoreError;
use kayle_app::ports::wakeup::Wakeup;
use tokio_util::sync::CancellationToken;

use crate::dispatcher::{ClaimEnd, Dispatcher};
use crate::heartbeat::Heartbeat;

/// The longest time between two looks at the queue: what a lost wake-up costs at most, and how
/// often an idle loop shows that it is alive.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// The shortest time between two looks that nobody asked for: something is due that cannot be
/// claimed, because its payload has just expired or another process has it.
const POLL_INTERVAL_MIN: Duration = Duration::from_millis(100);

/// How long the loop leaves a store alone that has just failed.
const STORE_PAUSE: Duration = Duration::from_millis(250);

/// How often the last results are offered to a failing store before the process stops without
/// them; their leases run out and the deliveries are tried again.
const LAST_SETTLE_TRIES: u32 = 20;

/// Why the loop turned.
enum Turn {
    Woken,
    Waited,
    Finished,
    Stopped,
}

impl Dispatcher {
    /// Dispatches until `stop`; then waits for the requests under way, as long as `drain`, and
    /// settles them. What is not over by then is left to its lease: it may have arrived. The
    /// heartbeat beats after each turn that ended without an error.
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

    async fn turn_until(
        &mut self,
        stop: &CancellationToken,
        wakeup: &Wakeup,
        heartbeat: &Heartbeat,
    ) {
        let mut more_due = true;
        loop {
            let pause = match self.turn(&mut more_due, stop).await {
                Ok(pause) => {
                    heartbeat.beat();
                    pause
                }
                Err(error) => {
                    warn_of(&error);
                    more_due = true;
                    tokio::select! {
                        () = tokio::time::sleep(STORE_PAUSE) => continue,
                        () = stop.cancelled() => break,
                    }
                }
            };
            let turn = tokio::select! {
                biased;
                () = stop.cancelled() => Turn::Stopped,
                finished = self.requests.next() => {
                    self.unsettled.extend(finished);
                    Turn::Finished
                }
                () = wakeup.woken() => Turn::Woken,
                () = tokio::time::sleep(pause) => Turn::Waited,
            };
            match turn {
                Turn::Woken | Turn::Waited => more_due = true,
                Turn::Finished => {}
                Turn::Stopped => break,
            }
        }
    }

    /// Settles what has ended, claims if more may be due, and returns how long to wait if nothing
    /// happens. `more_due` stays set while a claim had to leave something behind.
    async fn turn(
        &mut self,
        more_due: &mut bool,
        stop: &CancellationToken,
    ) -> Result<Duration, StoreError> {
        self.settle().await?;
        if !*more_due {
            let left = self.look_at.since(self.webhooks.now());
            return Ok(left.clamp(POLL_INTERVAL_MIN, POLL_INTERVAL));
        }
        let claimed = self.claim_and_start(stop).await?;
        *more_due = !matches!(claimed, ClaimEnd::AllDue(_));
        self.pause_after(claimed).await
    }

    /// Settles what has ended during a claim, and returns how long to wait after it.
    pub(crate) async fn pause_after(&mut self, claimed: ClaimEnd) -> Result<Duration, StoreError> {
        let settled = self.settle().await?;
        match claimed {
            ClaimEnd::AllDue(_) => self.pause().await,
            ClaimEnd::FullBatch(_) => Ok(Duration::ZERO),
            // Some have ended already, and with them perhaps all whose end would be waited for.
            ClaimEnd::NoRoom(_) if 0 < settled => Ok(Duration::ZERO),
            ClaimEnd::NoRoom(_) => Ok(POLL_INTERVAL),
        }
    }

    /// Finds out when something is due next, and returns how long to wait.
    async fn pause(&mut self) -> Result<Duration, StoreError> {
        let due_at = self.webhooks.next_delivery_due_at().await?;
        let now = self.webhooks.now();
        let pause = due_at.map_or(POLL_INTERVAL, |due_at| {
            let wait = due_at.since(now);
            wait.clamp(POLL_INTERVAL_MIN, POLL_INTERVAL)
        });
        self.look_at = now.plus(pause);
        Ok(pause)
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
