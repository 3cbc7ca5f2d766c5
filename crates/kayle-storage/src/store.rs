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
use kayle_app::ports::store::{Reads, SessionStep, Store, StoreError, StoreTx, SweepTurn};
use sea_orm::{ConnectionTrait, DatabaseConnection};
use tokio::sync::Mutex;

use crate::backend::dialect::Dialect;
use crate::backend::link::{Connections, Link};
use crate::backend::postgres::take_sweep_turn;
use crate::backend::{open_postgres, open_sqlite};
use crate::database_url::{DatabaseUrl, SqliteFile};
use crate::error::{ConnectError, store_error};
use crate::group::{Group, Turn};
use crate::options::StoreOptions;

/// Keeps everything in an SQL database. Cloning shares the connections.
#[derive(Debug, Clone)]
pub struct SqlStore {
    pub(crate) writer: DatabaseConnection,
    /// What is being written to SQLite.
    pub(crate) group: Arc<Mutex<Group>>,
    pub(crate) wait_max: Duration,
    pub(crate) readers: Arc<Link>,
}

/// How many connections there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ConnectionCounts {
    /// Lent.
    pub in_use: u32,
    /// Open and free.
    pub idle: u32,
    /// The most that can be open.
    pub max: u32,
}

/// A transaction.
#[derive(Debug)]
pub(crate) struct SqlTx {
    link: Link,
}

impl SqlStore {
    /// Opens a database. The schema is not touched; see [`Self::connection`].
    pub async fn connect(url: &DatabaseUrl, options: &StoreOptions) -> Result<Self, ConnectError> {
        let connections = match url {
            DatabaseUrl::Sqlite(file) => open_sqlite::connect(file, options).await?,
            DatabaseUrl::Postgres(url) => open_postgres::connect(url, options).await?,
        };
        Ok(Self::over(connections, options))
    }

    /// Opens an SQLite database that is there, to read from it, and keeps everybody else out until
    /// it is closed; refused while anybody else has it open.
    pub async fn connect_alone(
        file: &SqliteFile,
        options: &StoreOptions,
    ) -> Result<Self, ConnectError> {
        let connections = open_sqlite::connect_alone(file, options).await?;
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
            readers: Arc::new(readers),
        }
    }

    /// Returns the connection that writes, for migrations: before the store is used, run
    /// `migration::Migrator::up` or look at its pending ones with it. An answer over it is waited
    /// for as long as it takes.
    pub fn connection(&self) -> &DatabaseConnection {
        &self.writer
    }

    /// Returns how many connections to PostgreSQL there are; `None` on an embedded database.
    pub fn connections(&self) -> Option<ConnectionCounts> {
        match &*self.readers {
            Link::Server(server) => {
                let open = server.pool.size();
                let idle = u32::try_from(server.pool.num_idle()).unwrap_or(u32::MAX);
                Some(ConnectionCounts {
                    in_use: open.saturating_sub(idle),
                    idle,
                    max: server.options.connections,
                })
            }
            Link::Readers(_) | Link::Turn(_) | Link::Session(_) => None,
        }
    }

    /// Closes all connections once what is under way has ended; everything later is refused as
    /// unavailable. All of an SQLite database is in its file then, and nothing in the log beside
    /// it.
    pub async fn close(&self) -> Result<(), StoreError> {
        let readers = match &*self.readers {
            Link::Readers(readers) => {
                let closed = readers.close_by_ref().await;
                // Without readers nobody keeps the log from being folded; another process can.
                let folded = self.fold_log().await;
                closed.and(folded.map(drop))
            }
            // It is the writer's.
            Link::Server(_) | Link::Turn(_) | Link::Session(_) => Ok(()),
        };
        let writer = self.writer.close_by_ref().await;
        readers.and(writer).map_err(store_error)
    }

    /// Begins a transaction that will write.
    pub(crate) async fn begin_write(&self) -> Result<SqlTx, StoreError> {
        let link = match &*self.readers {
            Link::Server(server) => server.begin().await.map(Link::Session),
            Link::Readers(_) | Link::Turn(_) | Link::Session(_) => {
                let turn = Turn::begin(&self.group, &self.writer, self.wait_max);
                turn.await.map(Link::Turn)
            }
        };
        Ok(SqlTx {
            link: link.map_err(store_error)?,
        })
    }

    /// Begins what [`Dialect::write_steps`] or [`Dialect::settle`] will write alone: where that is
    /// one statement, it needs no transaction around it, and no round trips to begin and end one.
    pub(crate) async fn begin_statement(&self) -> Result<SqlTx, StoreError> {
        let Link::Server(server) = &*self.readers else {
            return self.begin_write().await;
        };
        let session = server.session().await.map_err(store_error)?;
        Ok(SqlTx {
            link: Link::Session(session),
        })
    }

    /// Begins to read what may take a while: writers do not wait for it.
    pub(crate) async fn begin_read(&self) -> Result<SqlTx, StoreError> {
        let Link::Readers(readers) = &*self.readers else {
            return self.begin_write().await;
        };
        Ok(SqlTx {
            link: Link::Readers(readers.clone()),
        })
    }
}

impl SqlTx {
    /// Returns how statements are said.
    pub(crate) fn dialect(&self) -> &'static dyn Dialect {
        self.link.dialect()
    }

    /// Returns where statements go.
    pub(crate) fn connection(&self) -> &Link {
        &self.link
    }

    pub(crate) async fn commit(self) -> Result<(), StoreError> {
        let committed = match self.link {
            Link::Turn(turn) => turn.commit().await,
            Link::Session(session) => session.commit().await,
            // Nothing was begun on it.
            Link::Readers(_) | Link::Server(_) => Ok(()),
        };
        committed.map_err(store_error)
    }
}

#[async_trait]
impl Store for SqlStore {
    fn reads(&self) -> &dyn Reads {
        &*self.readers
    }

    async fn begin(&self) -> Result<Box<dyn StoreTx>, StoreError> {
        Ok(Box::new(self.begin_write().await?))
    }

    async fn write_steps(&self, steps: &[&SessionStep]) -> Result<Vec<bool>, StoreError> {
        let mut tx = self.begin_statement().await?;
        let written = tx.write_steps(steps).await?;
        tx.commit().await?;
        Ok(written)
    }

    async fn sweep_turn(&self) -> Result<Option<SweepTurn>, StoreError> {
        match &*self.readers {
            // One process has the database.
            Link::Readers(_) | Link::Turn(_) => Ok(Some(SweepTurn::new(()))),
            Link::Server(_) | Link::Session(_) => {
                let tx = self.begin_write().await?;
                let taken = tx.connection().query_one_raw(take_sweep_turn());
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
        &self.link
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        SqlTx::commit(*self).await
    }
}
