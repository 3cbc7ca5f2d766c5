//! Writes down what became of deliveries: in every process.

use std::time::Duration;

use kayle_app::Webhooks;
use kayle_app::ports::meter::Loop;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

/// How often: what is shown is that old, and a process that is killed takes as much with it
/// (contract 14.3).
const WRITE_EVERY: Duration = Duration::from_secs(10);

/// Flushes the counts again and again, until `stop`. What is counted after that is left to
/// [`flush`], once nothing is delivered any more. Nobody else may be this `writer`.
pub async fn run(webhooks: &Webhooks, writer: Uuid, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(WRITE_EVERY) => flush(webhooks, writer).await,
            () = stop.cancelled() => return,
        }
    }
}

/// Flushes the counts once; a store that fails keeps them waiting.
pub async fn flush(webhooks: &Webhooks, writer: Uuid) {
    match webhooks.flush_activity(writer).await {
        Ok(()) => webhooks.meter().loop_turned(Loop::Activity),
        Err(error) => {
            let error: &(dyn std::error::Error + 'static) = &error;
            tracing::warn!(error, "the store failed; counts of deliveries wait");
        }
    }
}
