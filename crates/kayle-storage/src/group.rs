//! One commit for many transactions, on SQLite.
//!
//! A commit waits for the disk, and that takes longer than all that comes before it. Transactions
//! wait for each other's end anyway, so those that follow one another share a commit. The cast:
//! the [`Group`] is the transaction that SQLite knows of, with those of ours that are in it; a
//! [`Turn`] is the right to write, which goes to one after the other in the order of their
//! arrival. All but the first of a group begin with a savepoint: one that fails is undone alone.
//! A transaction that has finished rejoins the queue, behind those that have come meanwhile; the
//! first to reach the front commits the whole group, and then all are answered. A lone transaction
//! commits at once.
//!
//! A transaction sees what its group has written before it. They reach the disk together or not
//! at all.

use std::mem;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::{
    ConnAcquireErr, ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr,
    ExecResult, QueryResult, SqliteTransactionMode, Statement, TransactionOptions,
    TransactionTrait,
};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, OwnedMutexGuard, oneshot};
use tokio::time::timeout;

use crate::backend::open_file::OpenFile;

const BEGIN_PART: &str = "SAVEPOINT part";
const END_PART: &str = "RELEASE part";
const UNDO_PART: &str = "ROLLBACK TO part; RELEASE part";

/// Transactions that will be committed together.
#[derive(Debug, Default)]
pub(crate) struct Group {
    /// Open while somebody waits for its commit, or writes.
    open: Option<DatabaseTransaction>,
    /// Those who have ended well and wait for the commit.
    waiting: Vec<oneshot::Sender<Result<(), DbErr>>>,
    /// Whether the last turn has not ended well: what it wrote is to be undone.
    unfinished: bool,
    /// The file that must be there for a commit to count.
    file: Option<OpenFile>,
    /// How many commits there were.
    commits: u64,
}

/// The right to write, and the way to do it. Dropping it undoes what was written.
#[derive(Debug)]
pub(crate) struct Turn {
    held: OwnedMutexGuard<Group>,
    group: Arc<Mutex<Group>>,
}

impl Turn {
    /// Waits for its turn, no longer than `wait_max`.
    pub(crate) async fn begin(
        group: &Arc<Mutex<Group>>,
        writer: &DatabaseConnection,
        wait_max: Duration,
    ) -> Result<Self, DbErr> {
        let held = timeout(wait_max, Arc::clone(group).lock_owned()).await;
        let mut turn = Self {
            held: held.map_err(|_| DbErr::ConnectionAcquire(ConnAcquireErr::Timeout))?,
            group: Arc::clone(group),
        };
        turn.held.tidy_up().await;
        turn.held.check_file()?;
        turn.held.unfinished = true;
        turn.held.join_or_open(writer).await?;
        Ok(turn)
    }

    /// Fails if there is no room for a report.
    pub(crate) fn check_room(&self) -> Result<(), DbErr> {
        self.held.check_room()
    }

    /// Commits, together with those who come meanwhile. Goes on when nobody waits for it.
    #[expect(
        clippy::disallowed_methods,
        reason = "it is joined at once, and ends by itself if nobody waits any more"
    )]
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        let committed = tokio::spawn(self.finish()).await;
        committed.unwrap_or_else(|error| Err(DbErr::Custom(error.to_string())))
    }

    async fn finish(mut self) -> Result<(), DbErr> {
        let committed = self.held.end_part().await?;
        let group = Arc::clone(&self.group);
        drop(self);
        group.lock().await.commit().await;
        committed.await.unwrap_or_else(|_| Err(gone()))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if !self.held.unfinished {
            return;
        }
        // Who comes next undoes it. If nobody does, the transaction must not stay open.
        let group = Arc::clone(&self.group);
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { group.lock().await.tidy_up().await });
        }
    }
}

impl Group {
    /// Returns a group that writes to this file.
    pub(crate) fn of(file: Option<OpenFile>) -> Self {
        Self {
            file,
            ..Self::default()
        }
    }

    /// Returns how many commits there were.
    pub(crate) fn commits(&self) -> u64 {
        self.commits
    }

    /// Returns how many bytes lie in the log beside the file.
    pub(crate) fn log_bytes(&self) -> u64 {
        self.file.as_ref().map_or(0, OpenFile::log_bytes)
    }

    /// Fails if there is no room for a report.
    fn check_room(&self) -> Result<(), DbErr> {
        self.file.as_ref().map_or(Ok(()), OpenFile::check_room)
    }

    /// Fails if what is written now would be lost.
    pub(crate) fn check_file(&self) -> Result<(), DbErr> {
        self.file.as_ref().map_or(Ok(()), OpenFile::check)
    }

    fn open(&self) -> Result<&DatabaseTransaction, DbErr> {
        self.open.as_ref().ok_or_else(gone)
    }

    /// Begins a part of the open transaction, or opens one.
    async fn join_or_open(&mut self, writer: &DatabaseConnection) -> Result<(), DbErr> {
        if let Some(open) = &self.open {
            open.execute_unprepared(BEGIN_PART).await?;
            return Ok(());
        }
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        self.open = Some(writer.begin_with_options(options).await?);
        Ok(())
    }

    /// Ends a part well, and gives where its commit will be told of.
    ///
    /// An error means that the database has undone everything by itself, as it does when the disk
    /// is full.
    async fn end_part(&mut self) -> Result<oneshot::Receiver<Result<(), DbErr>>, DbErr> {
        if let (Some(open), false) = (&self.open, self.waiting.is_empty()) {
            open.execute_unprepared(END_PART).await?;
        }
        let (waiting, committed) = oneshot::channel();
        self.waiting.push(waiting);
        self.unfinished = false;
        Ok(committed)
    }

    /// Undoes what the last turn has left behind.
    async fn tidy_up(&mut self) {
        if !self.unfinished {
            return;
        }
        if let (Some(open), false) = (&self.open, self.waiting.is_empty()) {
            let undone = open.execute_unprepared(UNDO_PART).await;
            if let Err(error) = undone {
                // The savepoint is gone, and with it what the others have written.
                self.open = None;
                self.answer(&Err(error));
            }
        } else if let Some(alone) = self.open.take() {
            // Fails if the database has done it by itself.
            let _ = alone.rollback().await;
        }
        self.unfinished = false;
    }

    /// Commits for all who wait.
    pub(crate) async fn commit(&mut self) {
        self.tidy_up().await;
        let Some(open) = self.open.take() else {
            return;
        };
        self.commits += 1;
        let committed = match self.check_file() {
            Ok(()) => open.commit().await,
            Err(lost) => {
                let _ = open.rollback().await;
                Err(lost)
            }
        };
        self.answer(&committed);
    }

    fn answer(&mut self, committed: &Result<(), DbErr>) {
        for waiting in mem::take(&mut self.waiting) {
            // Who is gone does not want to know.
            let _ = waiting.send(committed.clone());
        }
    }
}

#[async_trait]
impl ConnectionTrait for Turn {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.held.open()?.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.held.open()?.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.held.open()?.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.held.open()?.query_all_raw(statement).await
    }
}

fn gone() -> DbErr {
    DbErr::Custom("the transaction is gone".to_owned())
}
