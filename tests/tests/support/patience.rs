//! Waiting for another process: the one place where a test looks again later.

use std::time::Duration;

/// How long a test waits before it fails. Nothing here takes long; a busy machine gets more.
pub(crate) const PATIENCE: Duration = Duration::from_secs(30);

/// Often enough to lose no time, seldom enough to leave the processor to the service.
const LOOK_AGAIN: Duration = Duration::from_millis(20);

/// Waits for a future, but not for ever.
pub(crate) async fn within_patience<T>(what: &str, future: impl Future<Output = T>) -> T {
    let finished = tokio::time::timeout(PATIENCE, future).await;
    finished.unwrap_or_else(|_| panic!("not within {PATIENCE:?}: {what}"))
}

/// Looks until there is something to see. The service is another process with its own clock and
/// offers no signal to wait on, so looking again is all that is left.
pub(crate) async fn eventually<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let looking = async {
        loop {
            if let Some(seen) = look().await {
                return seen;
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    within_patience(what, looking).await
}
