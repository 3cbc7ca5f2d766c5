//! Takes over what other dispatchers left: after a crash, what was under way goes out again as soon
//! as its lease has run out.

use std::time::Duration;

use kayle_app::Webhooks;
use kayle_app::limits::SWEEP_BATCH_MAX;
use tokio_util::sync::CancellationToken;

/// How often leases are looked at: one look is one row of an index, and what a crash costs a
/// customer is the lease and at most this.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Takes over expired leases about every second, until `stop`.
pub async fn run(webhooks: &Webhooks, stop: CancellationToken) {
    loop {
        let pause = match webhooks.take_over_expired_leases().await {
            Ok(0) => LOOK_INTERVAL,
            Ok(leases) => {
                tracing::info!(leases, "leases had run out; their deliveries go on");
                if leases < SWEEP_BATCH_MAX {
                    LOOK_INTERVAL
                } else {
                    Duration::ZERO
                }
            }
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(error, "the store failed; leases are looked at again");
                LOOK_INTERVAL
            }
        };
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = tokio::time::sleep(pause) => {}
        }
    }
}
