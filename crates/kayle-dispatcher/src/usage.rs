//! Writes down how often API keys were used, and when service tokens were: wherever callers are
//! answered.

use std::time::Duration;

use kayle_app::Webhooks;
use kayle_app::ports::meter::Loop;
use tokio_util::sync::CancellationToken;

/// Flushes the counts every `interval`, until `stop`. What is counted after that is left to
/// [`flush`], once nobody is answered any more.
pub async fn run(webhooks: &Webhooks, interval: Duration, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = tokio::time::sleep(interval) => flush(webhooks).await,
            () = stop.cancelled() => return,
        }
    }
}

/// Flushes the counts once; a store that fails keeps them waiting.
pub async fn flush(webhooks: &Webhooks) {
    let api_keys = webhooks.flush_api_key_usage().await;
    let service_tokens = webhooks.flush_service_token_usage().await;
    match api_keys.and(service_tokens) {
        Ok(()) => webhooks.meter().loop_turned(Loop::Usage),
        Err(error) => {
            let error: &(dyn std::error::Error + 'static) = &error;
            tracing::warn!(error, "the store failed; API keys' counts wait");
        }
    }
}
