//! The sweeper: expires, scrubs and takes over by age.

use std::time::Duration;

use kayle_app::Webhooks;
use tokio_util::sync::CancellationToken;

/// Sweeps at once and then every `interval`, until `stop`.
pub async fn run(webhooks: &Webhooks, interval: Duration, stop: CancellationToken) {
    loop {
        match webhooks.sweep().await {
            Ok(swept) if swept == kayle_app::retention::Swept::default() => {}
            Ok(swept) => tracing::info!(
                sessions = swept.sessions,
                payloads = swept.payloads,
                leases = swept.leases,
                "swept"
            ),
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(error, "the store failed; the sweep is tried again");
            }
        }
        tokio::select! {
            () = tokio::time::sleep(interval) => {}
            () = stop.cancelled() => return,
        }
    }
}
