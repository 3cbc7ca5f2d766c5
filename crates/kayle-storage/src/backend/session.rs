//! Connections to a PostgreSQL that may fall silent.
//!
//! The cast: the [`Server`] lends connections out of a pool; a [`Session`] is one that is lent,
//! for a statement or a transaction. It waits for each answer only so long. One that was not
//! answered is dropped with its connection: nobody meets that one again, and its place in the pool
//! is free at once. One whose error says that the connection is of no more use (`unusable`) is
//! closed instead of being given back.
//!
//! sea-orm's own connections cannot do this. The driver asks a connection that is given back for a
//! sign of life, and waits for it for ever, as does the connection's place in the pool.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr, SqlxError, Statement,
    Values,
};
use sea_query_sqlx::SqlxValues;
use sqlx::pool::PoolConnection;
use sqlx::postgres::PgPool;
use sqlx::query::Query;
use sqlx::{AssertSqlSafe, Executor, PgConnection, Postgres, query_with};
use tokio::runtime::Handle;
use tokio::sync::{Mutex, MutexGuard};
use tokio::time::error::Elapsed;
use tokio::time::timeout;

use super::unusable::{Outdated, is_unusable};
use crate::options::StoreOptions;
use crate::silence::Silence;

/// A PostgreSQL. Cloning shares the connections.
#[derive(Debug, Clone)]
pub(crate) struct Server {
    pub(crate) pool: PgPool,
    pub(crate) options: StoreOptions,
    pub(crate) outdated: Outdated,
}

/// A connection that is lent. Dropping it gives it back, and undoes what is not committed.
#[derive(Debug)]
pub(crate) struct Session {
    /// `None` once nobody answered on it.
    connection: Mutex<Option<PoolConnection<Postgres>>>,
    is_in_transaction: bool,
    is_unusable: AtomicBool,
    options: StoreOptions,
    outdated: Outdated,
}

impl Server {
    /// Lends a connection.
    pub(crate) async fn session(&self) -> Result<Session, DbErr> {
        let connection = self.pool.acquire().await;
        let connection =
            connection.map_err(|error| DbErr::Conn(RuntimeErr::SqlxError(error.into())))?;
        Ok(Session {
            connection: Mutex::new(Some(connection)),
            is_in_transaction: false,
            is_unusable: AtomicBool::new(false),
            options: self.options.clone(),
            outdated: self.outdated.clone(),
        })
    }

    /// Begins a transaction. That is a round trip and no work: it may take as long as the wait for
    /// a connection.
    pub(crate) async fn begin(&self) -> Result<Session, DbErr> {
        let mut session = self.session().await?;
        session.is_in_transaction = true;
        let limit = session.options.wait_max;
        let mut lent = session.connection.lock().await;
        let begun = timeout(limit, connection(&mut lent)?.execute("BEGIN")).await;
        session.answered(lent, begun, limit)?;
        Ok(session)
    }
}

impl Session {
    /// Commits the transaction; without one, every statement has committed by itself.
    pub(crate) async fn commit(mut self) -> Result<(), DbErr> {
        if !self.is_in_transaction {
            return Ok(());
        }
        self.execute_unprepared("COMMIT").await?;
        self.is_in_transaction = false;
        Ok(())
    }

    /// Returns whether an answer has said that the connection is of no more use.
    fn is_unusable(&self) -> bool {
        self.is_unusable.load(Ordering::Relaxed)
    }

    /// Returns the answer to a statement, and remembers if it says that the connection is of no
    /// more use. Without an answer the connection is given up: it is closed without a word, because
    /// even a word might never get away.
    fn answered<T>(
        &self,
        mut lent: MutexGuard<'_, Option<PoolConnection<Postgres>>>,
        answer: Result<Result<T, SqlxError>, Elapsed>,
        limit: Duration,
    ) -> Result<T, DbErr> {
        let Ok(answer) = answer else {
            drop(lent.take().map(PoolConnection::detach));
            return Err(Silence(limit).into());
        };
        answer.map_err(|error| {
            if is_unusable(&error) {
                self.is_unusable.store(true, Ordering::Relaxed);
                self.outdated.include_all_open();
            }
            DbErr::Query(RuntimeErr::SqlxError(error.into()))
        })
    }
}

/// Returns the connection of a session, unless it was given up.
fn connection(lent: &mut Option<PoolConnection<Postgres>>) -> Result<&mut PgConnection, DbErr> {
    match lent {
        Some(connection) => Ok(connection),
        None => Err(DbErr::Conn(RuntimeErr::Internal(
            "the database did not answer earlier".to_owned(),
        ))),
    }
}

fn prepare(statement: Statement) -> Query<'static, Postgres, SqlxValues> {
    let values = statement.values.unwrap_or_else(|| Values(Vec::new()));
    query_with(AssertSqlSafe(statement.sql), SqlxValues(values))
}

#[async_trait]
impl ConnectionTrait for Session {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let limit = self.options.answer_max;
        let mut lent = self.connection.lock().await;
        let executed = prepare(statement).execute(connection(&mut lent)?);
        let executed = timeout(limit, executed).await;
        self.answered(lent, executed, limit).map(Into::into)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let limit = self.options.answer_max;
        let mut lent = self.connection.lock().await;
        let executed = connection(&mut lent)?.execute(AssertSqlSafe(sql.to_owned()));
        let executed = timeout(limit, executed).await;
        self.answered(lent, executed, limit).map(Into::into)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let limit = self.options.answer_max;
        let mut lent = self.connection.lock().await;
        let row = prepare(statement).fetch_optional(connection(&mut lent)?);
        let row = timeout(limit, row).await;
        Ok(self.answered(lent, row, limit)?.map(Into::into))
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let limit = self.options.answer_max;
        let mut lent = self.connection.lock().await;
        let rows = prepare(statement).fetch_all(connection(&mut lent)?);
        let rows = timeout(limit, rows).await;
        let rows = self.answered(lent, rows, limit)?;
        Ok(rows.into_iter().map(Into::into).collect())
    }
}

/// Each statement goes over whichever connection is free. A read that finds its connection of no more
/// use is made again over another one: by then all that were opened before it are given up.
#[async_trait]
impl ConnectionTrait for Server {
    fn get_database_backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.session().await?.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.session().await?.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let session = self.session().await?;
        let answer = session.query_one_raw(statement.clone()).await;
        if answer.is_ok() || !session.is_unusable() {
            return answer;
        }
        drop(session);
        self.session().await?.query_one_raw(statement).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let session = self.session().await?;
        let answer = session.query_all_raw(statement.clone()).await;
        if answer.is_ok() || !session.is_unusable() {
            return answer;
        }
        drop(session);
        self.session().await?.query_all_raw(statement).await
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        let Some(mut connection) = self.connection.get_mut().take() else {
            return;
        };
        let is_in_transaction = self.is_in_transaction;
        let is_unusable = *self.is_unusable.get_mut();
        let limit = self.options.wait_max;
        let released = async move {
            if is_unusable {
                // The server undoes what was under way.
                let _ = connection.close().await;
                return;
            }
            // What was given up half-way has to end first. What fails here fails the driver's own
            // test too, which then closes the connection.
            if is_in_transaction {
                let _ = connection.execute("ROLLBACK").await;
            }
            connection.return_to_pool().await;
        };
        // If time runs out, the connection is dropped, and its place in the pool is free. Without
        // a runtime nobody is left to use it.
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move { timeout(limit, released).await });
        }
    }
}
