//! The wake-up: says that a commit has left something to send.

use tokio::sync::Notify;

/// Wakes the dispatchers: the one of this process, and by a relay those of other processes.
///
/// A wake-up that nobody waits for is kept, so that a commit between two looks at the queue is
/// never missed; several of them become one. It is a hint: a dispatcher that hears none looks once
/// a second.
#[derive(Debug, Default)]
pub struct Wakeup {
    here: Notify,
    elsewhere: Notify,
}

impl Wakeup {
    /// Says to every process that there is something to send.
    pub fn wake(&self) {
        self.here.notify_one();
        self.elsewhere.notify_one();
    }

    /// Passes on to this process's dispatcher what another process said.
    pub fn wake_here(&self) {
        self.here.notify_one();
    }

    /// Waits until somebody says so: the dispatcher's side.
    pub async fn woken(&self) {
        self.here.notified().await;
    }

    /// Waits until this process has something to say to the others: the relay's side.
    pub async fn spoken(&self) {
        self.elsewhere.notified().await;
    }
}
