//! What becomes of a database that says nothing.
//!
//! When its host or the network vanishes, no connection is closed: whoever waits for an answer
//! would wait for ever. So every wait has its limit. A connection that was silent for that long
//! goes back to the pool, which asks it for a sign of life and throws it away if there is none.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use sea_orm::{
    ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, RuntimeErr,
    SqlxError, Statement,
};
use tokio::time::timeout;

/// The database has not answered for so long.
#[derive(Debug, thiserror::Error)]
#[error("the database has not answered for {0:?}")]
pub(crate) struct Silence(Duration);

/// Waits for an answer, but no longer than `limit`.
pub(crate) async fn within<T, E: From<Silence>>(
    limit: Duration,
    answer: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    match timeout(limit, answer).await {
        Ok(answer) => answer,
        Err(_) => Err(Silence(limit).into()),
    }
}

impl From<Silence> for SqlxError {
    fn from(silence: Silence) -> Self {
        Self::Io(io::Error::new(io::ErrorKind::TimedOut, silence))
    }
}

impl From<Silence> for DbErr {
    fn from(silence: Silence) -> Self {
        Self::Conn(RuntimeErr::Internal(silence.to_string()))
    }
}

/// A connection, or a transaction, whose answers are waited for only so long.
#[derive(Debug)]
pub(crate) struct Limited<C> {
    pub(crate) connection: Arc<C>,
    /// `None` where there is no way on which an answer could get lost.
    pub(crate) answer_max: Option<Duration>,
}

impl<C> Clone for Limited<C> {
    fn clone(&self) -> Self {
        Self {
            connection: Arc::clone(&self.connection),
            answer_max: self.answer_max,
        }
    }
}

impl<C> Limited<C> {
    async fn answer<T>(&self, answer: impl Future<Output = Result<T, DbErr>>) -> Result<T, DbErr> {
        within_if_any(self.answer_max, answer).await
    }
}

impl Limited<DatabaseTransaction> {
    pub(crate) async fn commit(self) -> Result<(), DbErr> {
        let Some(transaction) = Arc::into_inner(self.connection) else {
            return Err(DbErr::Custom("the transaction is still in use".to_owned()));
        };
        within_if_any(self.answer_max, transaction.commit()).await
    }
}

async fn within_if_any<T>(
    limit: Option<Duration>,
    answer: impl Future<Output = Result<T, DbErr>>,
) -> Result<T, DbErr> {
    match limit {
        Some(limit) => within(limit, answer).await,
        None => answer.await,
    }
}

#[async_trait]
impl<C: ConnectionTrait + Send + Sync> ConnectionTrait for Limited<C> {
    fn get_database_backend(&self) -> DbBackend {
        self.connection.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.answer(self.connection.execute_raw(statement)).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.answer(self.connection.execute_unprepared(sql)).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        self.answer(self.connection.query_one_raw(statement)).await
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        self.answer(self.connection.query_all_raw(statement)).await
    }
}
