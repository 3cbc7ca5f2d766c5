//! Takes over what other dispatchers left: after a crash, what was under way goes out again as soon
//! as its lease has run out.

use std::time::Duration;

use kayle_app::Webhooks;
use kayle_app::ports::meter::Loop;
use tokio_util::sync::CancellationToken;

/// How often leases are looked at: one look is one row of an index, and what a crash costs a
/// customer is the lease and at most this.
const LOOK_INTERVAL: Duration = Duration::from_secs(1);

/// Takes over expired leases about every second, until `stop`.
pub async fn run(webhooks: &Webhooks, stop: CancellationToken) {
    loop {
        match webhooks.take_over_expired_leases().await {
            Ok(leases) => {
                webhooks.meter().loop_turned(Loop::Leases);
                if 0 < leases {
                    tracing::info!(leases, "leases had run out; their deliveries go on");
                }
            }
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(error, "the store failed; leases are looked at again");
            }
        }
        tokio::select! {
            biased;
            () = stop.cancelled() => return,
            () = tokio::time::sleep(LOOK_INTERVAL) => {}
        }
    }
}
