//! SQLite's log, the `-wal` file: folded into the database while there is little to do, and at the
//! end.
//!
//! SQLite folds it by itself once it has a thousand pages, and then overwrites it from its
//! beginning. Until then the newest commits are in the log only: a copy of the database's file
//! alone lacks them, and what was erased in the file is still readable in the log.

use std::time::Duration;

use sea_orm::{ConnectionTrait, DbErr};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::backend::link::Link;
use crate::store::SqlStore;

/// How often it is looked whether there is little to do.
const LOOK_INTERVAL: Duration = Duration::from_secs(10);

/// So many commits between two looks are little: five a second. A node that has nothing to do makes
/// one.
const IDLE_COMMITS_MAX: u64 = 50;

/// After this long the log is folded however much there is to do.
const FOLDED_AFTER: Duration = Duration::from_mins(1);

/// Waits for nobody: a reader keeps the log from being folded now, and not the next time.
const FOLD: &str = "PRAGMA busy_timeout = 0; PRAGMA wal_checkpoint(TRUNCATE)";

impl SqlStore {
    /// Keeps the log of an SQLite database short, until `stop`. A PostgreSQL looks after its own.
    pub async fn keep_log_short(&self, stop: &CancellationToken) {
        match &*self.readers {
            Link::Server(_) | Link::Turn(_) | Link::Session(_) => stop.cancelled().await,
            Link::Readers(_) => tokio::select! {
                () = stop.cancelled() => {}
                () = self.fold_log_when_idle() => {}
            },
        }
    }

    async fn fold_log_when_idle(&self) {
        let (mut commits, mut folded_at) = (0, Instant::now());
        loop {
            tokio::time::sleep(LOOK_INTERVAL).await;
            let before = commits;
            commits = self.group.lock().await.commits();
            let is_idle = commits - before <= IDLE_COMMITS_MAX;
            if !is_idle && folded_at.elapsed() < FOLDED_AFTER {
                continue;
            }
            match self.fold_log().await {
                Ok(()) => folded_at = Instant::now(),
                Err(error) => tracing::debug!(%error, "the log was not folded"),
            }
        }
    }

    /// Writes what is in the log into the database's file and empties the log, unless there is
    /// nothing in it or somebody still reads from it.
    pub(crate) async fn fold_log(&self) -> Result<(), DbErr> {
        let mut group = self.group.lock().await;
        group.commit().await;
        if group.log_bytes() == 0 {
            return Ok(());
        }
        group.check_file()?;
        let folded = self.writer.execute_unprepared(FOLD).await;
        let patient = format!("PRAGMA busy_timeout = {}", self.wait_max.as_millis());
        self.writer.execute_unprepared(&patient).await?;
        folded.map(drop)
    }
}
