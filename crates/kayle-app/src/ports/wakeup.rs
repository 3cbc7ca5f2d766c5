//! The wake-up: says that a commit has left something to send.

use tokio::sync::Notify;

/// Wakes the dispatcher of this process. A wake-up that nobody waits for is kept, so that a commit
/// between two looks at the queue is never missed; several of them become one.
#[derive(Debug, Default)]
pub struct Wakeup(Notify);

impl Wakeup {
    /// Says that there is something to send.
    pub fn wake(&self) {
        self.0.notify_one();
    }

    /// Waits until somebody says so.
    pub async fn woken(&self) {
        self.0.notified().await;
    }
}
