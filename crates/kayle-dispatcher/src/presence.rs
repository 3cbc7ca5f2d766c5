//! A node shows itself in the database, and finds out whether it can write there.

use std::time::Duration;

use kayle_app::Webhooks;
use kayle_app::ports::meter::Loop;
use kayle_app::ports::store::NodeRole;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use uuid::Uuid;

use crate::heartbeat::Heartbeat;

/// How often a node checks in: twice in the time after which it counts as stuck.
const CHECK_IN_INTERVAL: Duration = Duration::from_secs(5);

/// How long a check-in may take. An ordinary write takes a few milliseconds.
const CHECK_IN_TIMEOUT: Duration = Duration::from_secs(2);

/// How often a node tries to check out: as many connections may be dead as a process has by default.
const CHECK_OUT_TRIES: u32 = 16;

/// One node, for as long as it runs.
pub struct Presence {
    id: Uuid,
    role: NodeRole,
    version: &'static str,
    /// Whether the last check-in went well: each change is logged once.
    could_write: bool,
}

impl Presence {
    /// Returns a node that has not checked in yet.
    pub fn new(id: Uuid, role: NodeRole, version: &'static str) -> Self {
        Self {
            id,
            role,
            version,
            could_write: true,
        }
    }

    /// Checks in every five seconds until `stop`, and then out. The first time is now.
    pub async fn run(mut self, webhooks: &Webhooks, writes: &Heartbeat, stop: CancellationToken) {
        loop {
            self.check_in(webhooks, writes).await;
            tokio::select! {
                biased;
                () = stop.cancelled() => return self.check_out(webhooks).await,
                () = tokio::time::sleep(CHECK_IN_INTERVAL) => {}
            }
        }
    }

    /// Checks in once; `writes` beats if that reached the database.
    pub async fn check_in(&mut self, webhooks: &Webhooks, writes: &Heartbeat) {
        let check_in = webhooks.check_in(self.id, self.role, self.version);
        match timeout(CHECK_IN_TIMEOUT, check_in).await {
            Ok(Ok(())) => {
                writes.beat();
                webhooks.meter().loop_turned(Loop::CheckIn);
                if !self.could_write {
                    tracing::info!("writes reach the database again");
                }
                self.could_write = true;
            }
            Ok(Err(error)) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                self.warn(error);
            }
            Err(elapsed) => self.warn(&elapsed),
        }
    }

    /// Deletes the node's row. The first connections that are tried may belong to a server that
    /// stops at this moment.
    async fn check_out(&self, webhooks: &Webhooks) {
        for _ in 0..CHECK_OUT_TRIES {
            let check_out = timeout(CHECK_IN_TIMEOUT, webhooks.check_out(self.id));
            if let Ok(Ok(())) = check_out.await {
                return;
            }
        }
        tracing::warn!("that this node stops could not be written; it counts as running a while");
    }

    fn warn(&mut self, error: &(dyn std::error::Error + 'static)) {
        if self.could_write {
            tracing::warn!(
                error,
                "no write reaches the database: this node is not ready"
            );
        }
        self.could_write = false;
    }
}
