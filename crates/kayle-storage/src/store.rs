//! The connections and the transactions.
//!
//! SQLite has one writer at a time. Here it is one connection, whose transactions begin with
//! `BEGIN IMMEDIATE`: they wait for their turn in a queue of ours, which is fair, instead of in
//! SQLite's, which is not, and none that has read can fail to write afterwards. Those that follow
//! one another share a commit (`group`). Readers have connections of their own beside it and never
//! wait for the writer (WAL).
//!
//! PostgreSQL has as many writers as connections, which all do everything. Its transactions are
//! READ COMMITTED: each statement sees what was committed before it, and what must not change
//! meanwhile is locked.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use kayle_app::ports::store::{Reads, Store, StoreError, StoreTx, SweepTurn};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::sync::Mutex;

use crate::backend::session::{Server, Session};
use crate::backend::{self, Connections, Dialect, Link, postgres, sqlite};
use crate::database_url::{DatabaseUrl, SqliteFile};
use crate::error::{ConnectError, store_error};
use crate::group::{Group, Turn};

/// How the store uses its database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoreOptions {
    /// How many connections read beside the writer of an SQLite database.
    pub readers: u32,
    /// How many connections a PostgreSQL is asked for at most.
    pub connections: u32,
    /// The longest wait for a connection, and for another process's write. What waits longer ends
    /// as [`StoreError::Unavailable`], so that a stuck database is an error and not a hang.
    pub wait_max: Duration,
    /// The longest wait for a PostgreSQL's answer to a statement. It is longer than the server
    /// lets a statement run, so that a server whose answer takes longer has vanished, and all that
    /// waits for it ends as [`StoreError::Unavailable`].
    pub answer_max: Duration,
}

impl Default for StoreOptions {
    /// Returns four readers, which are more than a small machine's cores; sixteen connections to
    /// PostgreSQL; five seconds, which are a thousand times an ordinary write; and for an answer
    /// five seconds more than the thirty after which the server ends a statement.
    fn default() -> Self {
        Self {
            readers: 4,
            connections: 16,
            wait_max: Duration::from_secs(5),
            answer_max: Duration::from_secs(35),
        }
    }
}

impl StoreOptions {
    /// Returns the longest wait for a sign of life, for which a server has nothing to do: half of a
    /// wait for a connection, so that as long is left to make another one.
    pub(crate) fn sign_of_life_max(&self) -> Duration {
        self.wait_max / 2
    }
}

/// Keeps everything in an SQL database. Cloning shares the connections.
#[derive(Debug, Clone)]
pub struct SqlStore {
    pub(crate) writer: DatabaseConnection,
    /// What is being written to SQLite.
    pub(crate) group: Arc<Mutex<Group>>,
    pub(crate) wait_max: Duration,
    pub(crate) readers: Connected<Link<DatabaseConnection, Server>>,
}

/// What can be read over a connection, or inside a transaction. Each repository's file says how.
#[derive(Debug, Clone)]
pub(crate) struct Connected<C>(pub(crate) C);

/// A transaction.
#[derive(Debug)]
pub(crate) struct SqlTx {
    reads: Connected<Link<Turn, Session>>,
}

impl SqlStore {
    /// Opens a database. The schema is not touched; see [`Self::connection`].
    pub async fn connect(url: &DatabaseUrl, options: &StoreOptions) -> Result<Self, ConnectError> {
        let connections = backend::connect(url, options).await?;
        Ok(Self::over(connections, options))
    }

    /// Opens an SQLite database that is there, to read from it, and keeps everybody else out until
    /// it is closed; refused while anybody else has it open.
    pub async fn connect_alone(
        file: &SqliteFile,
        options: &StoreOptions,
    ) -> Result<Self, ConnectError> {
        let connections = sqlite::connect_alone(file, options).await?;
        Ok(Self::over(connections, options))
    }

    fn over(connections: Connections, options: &StoreOptions) -> Self {
        let Connections {
            writer,
            readers,
            file,
        } = connections;
        Self {
            writer,
            group: Arc::new(Mutex::new(Group::of(file))),
            wait_max: options.wait_max,
            readers: Connected(readers),
        }
    }

    /// Returns the connection that writes, for migrations: before the store is used, run
    /// `migration::Migrator::up` or look at its pending ones with it. An answer over it is waited
    /// for as long as it takes.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Closes all connections once what is under way has ended; everything later is refused as
    /// unavailable. All of an SQLite database is in its file then, and nothing in the log beside
    /// it.
    pub async fn close(&self) -> Result<(), StoreError> {
        let readers = match &self.readers.0 {
            Link::Sqlite(readers) => {
                let closed = readers.close_by_ref().await;
                // Without readers nobody keeps the log from being folded; another process can.
                let folded = self.fold_log().await;
                closed.and(folded.map(drop))
            }
            // It is the writer's.
            Link::Postgres(_) => Ok(()),
        };
        let writer = self.writer.close_by_ref().await;
        readers.and(writer).map_err(store_error)
    }

    /// Begins a transaction that will write.
    pub(crate) async fn begin_write(&self) -> Result<SqlTx, StoreError> {
        let begun = match &self.readers.0 {
            Link::Sqlite(_) => Turn::begin(&self.group, &self.writer, self.wait_max)
                .await
                .map(Link::Sqlite),
            Link::Postgres(server) => server.begin().await.map(Link::Postgres),
        };
        Ok(SqlTx {
            reads: Connected(begun.map_err(store_error)?),
        })
    }
}

impl SqlTx {
    /// Returns how statements are said.
    pub(crate) fn dialect(&self) -> Dialect {
        self.reads.0.dialect()
    }

    /// Returns where statements go.
    pub(crate) fn connection(&self) -> &Link<Turn, Session> {
        &self.reads.0
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let committed = match self.reads.0 {
            Link::Sqlite(turn) => turn.commit().await,
            Link::Postgres(session) => session.commit().await,
        };
        committed.map_err(store_error)
    }
}

#[async_trait]
impl Store for SqlStore {
    fn reads(&self) -> &dyn Reads {
        &self.readers
    }

    async fn begin(&self) -> Result<Box<dyn StoreTx>, StoreError> {
        Ok(Box::new(self.begin_write().await?))
    }

    async fn sweep_turn(&self) -> Result<Option<SweepTurn>, StoreError> {
        match self.readers.0.dialect() {
            // One process has the database.
            Dialect::Sqlite => Ok(Some(SweepTurn::new(()))),
            Dialect::Postgres => {
                let tx = self.begin_write().await?;
                let taken = tx.connection().query_one_raw(postgres::take_sweep_turn());
                let taken = taken.await.map_err(store_error)?;
                let taken = taken.map(|row| row.try_get("", "taken")).transpose();
                let taken: Option<bool> = taken.map_err(store_error)?;
                // The turn is the transaction's: it ends with it, however that comes about.
                Ok((taken == Some(true)).then(|| SweepTurn::new(tx)))
            }
        }
    }
}

#[async_trait]
impl StoreTx for SqlTx {
    fn reads(&self) -> &dyn Reads {
        &self.reads
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        SqlTx::commit(*self).await
    }
}
