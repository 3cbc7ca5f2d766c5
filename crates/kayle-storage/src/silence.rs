//! A limit to the wait for a database that says nothing.
//!
//! When its host or the network vanishes, no connection is closed: whoever waits for an answer
//! would wait for ever.

use std::io;
use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr, SqlxError};
use tokio::time::timeout;

/// The database has not answered for so long.
#[derive(Debug, thiserror::Error)]
#[error("the database has not answered for {0:?}")]
pub(crate) struct Silence(pub(crate) Duration);

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
