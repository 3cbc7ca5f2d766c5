//! Opens an SQLite database.

use std::fs::OpenOptions;
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sea_orm::{ConnectOptions, ConnectionTrait, Database, DbErr};
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous};

use super::link::{Connections, Link};
use super::open_file::OpenFile;
use crate::database_url::{SqliteAccess, SqliteFile};
use crate::error::{ConnectError, is_busy};
use crate::options::StoreOptions;

/// How far the write-ahead log's file may stay grown after a checkpoint.
const LOG_BYTES_KEPT: &str = "67108864";

/// Opens the connection that writes and those that read.
///
/// When a disk is full or fails, SQLite itself undoes the transaction. The driver's own ROLLBACK
/// then fails, it believes for ever that the transaction is open, and no other can begin. Such a
/// connection is thrown away, and its place taken by another.
pub(crate) async fn connect(
    file: &SqliteFile,
    options: &StoreOptions,
) -> Result<Connections, ConnectError> {
    let path = present(file)?;
    let wait_max = options.wait_max;
    let mut writer = pool(&path, 1, wait_max, move |sqlite| {
        // What is deleted is overwritten with zeros: an erased payload is not to be found in a
        // free page. It costs as many pages of the log as the payload had of its own.
        durable(sqlite, wait_max).pragma("secure_delete", "ON")
    });
    writer.map_sqlx_sqlite_before_acquire(|connection, _| {
        let is_usable = !connection.is_in_transaction();
        Box::pin(async move { Ok(is_usable) })
    });
    let writer = Database::connect(writer).await;
    let readers = pool(&path, options.readers, wait_max, move |sqlite| {
        // The pool that may write is the other one.
        durable(sqlite, wait_max).pragma("query_only", "ON")
    });
    let readers = Database::connect(readers).await;
    Ok(Connections {
        writer: writer.map_err(ConnectError::Database)?,
        readers: Link::Readers(readers.map_err(ConnectError::Database)?),
        file: Some(OpenFile::new(path.clone()).map_err(|error| ConnectError::File(path, error))?),
    })
}

/// Opens one connection to read with, and keeps everybody else out for as long as it is open. A
/// file that is not there is not made, and one that is there is not changed.
///
/// Whoever has a database in WAL mode open holds a lock on its file, even when nothing is under
/// way. This connection wants that lock for itself, and is refused while anybody else has it.
pub(crate) async fn connect_alone(
    file: &SqliteFile,
    options: &StoreOptions,
) -> Result<Connections, ConnectError> {
    let refused = |error: DbErr| {
        if is_busy(&error) {
            ConnectError::InUse
        } else {
            ConnectError::Database(error)
        }
    };
    let alone = pool(&absolute(file)?, 1, options.wait_max, |sqlite| {
        // Whoever has it open does so for long: nothing is gained by waiting.
        let sqlite = sqlite.busy_timeout(Duration::ZERO);
        sqlite.locking_mode(SqliteLockingMode::Exclusive)
    });
    let alone = Database::connect(alone).await.map_err(refused)?;
    // The first look into the file takes the lock.
    let looked = alone.execute_unprepared("SELECT 1 FROM sqlite_schema");
    looked.await.map_err(refused)?;
    Ok(Connections {
        writer: alone.clone(),
        readers: Link::Readers(alone),
        file: None,
    })
}

/// Returns the path of a file that is there, and makes it before if that is wanted.
///
/// It is made here and not by SQLite, once: a connection that takes the place of another one must
/// not make an empty database where a file was taken away. Nobody else may read it.
fn present(file: &SqliteFile) -> Result<PathBuf, ConnectError> {
    let path = absolute(file)?;
    match file.access() {
        SqliteAccess::Create => make(&path),
        SqliteAccess::Write if path.exists() => Ok(()),
        SqliteAccess::Write => return Err(ConnectError::NoFile(path)),
        SqliteAccess::Read => return Err(ConnectError::ReadOnly),
    }
    .map_err(|error| ConnectError::File(path.clone(), error))?;
    Ok(path)
}

/// Creates a file, unless something is there.
fn make(path: &Path) -> io::Result<()> {
    let mut new = OpenOptions::new();
    match new.write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        Ok(_) | Err(_) => Ok(()),
    }
}

/// Returns the whole path: SQLite would take one that begins with `file:` for a URL.
fn absolute(file: &SqliteFile) -> Result<PathBuf, ConnectError> {
    std::path::absolute(file.path())
        .map_err(|error| ConnectError::File(file.path().to_owned(), error))
}

fn pool(
    path: &Path,
    connections: u32,
    wait_max: Duration,
    set_up: impl Fn(SqliteConnectOptions) -> SqliteConnectOptions + Send + Sync + 'static,
) -> ConnectOptions {
    // A URL must be there; the file's name would have to be encoded for it.
    let mut pool = ConnectOptions::new("sqlite://kayle.db");
    let path = path.to_owned();
    pool.map_sqlx_sqlite_opts(move |sqlite| set_up(sqlite.filename(&path)));
    pool.max_connections(connections)
        .min_connections(1)
        .acquire_timeout(wait_max)
        // A connection to a file does not go stale: nothing is gained by closing or testing it.
        .idle_timeout(None)
        .max_lifetime(None)
        .test_before_acquire(false)
        .sqlx_logging(false);
    pool
}

fn durable(sqlite: SqliteConnectOptions, wait_max: Duration) -> SqliteConnectOptions {
    sqlite
        .journal_mode(SqliteJournalMode::Wal)
        // What was committed survives a power cut: a 2xx of the intake is a promise.
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(wait_max)
        .pragma("journal_size_limit", LOG_BYTES_KEPT)
}
