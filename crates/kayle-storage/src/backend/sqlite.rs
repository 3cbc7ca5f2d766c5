//! SQLite: how it is opened, and its statements over many rows.
//!
//! Many rows come in as one JSON text and are taken apart by `json_each`. The usual
//! `UPDATE … FROM (VALUES …)` is planned as a scan of the whole table; with `json_each` each row
//! is found by its key. The tests in `plans` hold SQLite to it.

use std::collections::BTreeMap;
use std::fs::OpenOptions;
use std::io::{self, ErrorKind};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use kayle_primitives::{ApiKeyId, EndpointId, SessionId, Timestamp};
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DbBackend, DbErr, Statement, Value};
use serde_json::json;
use sqlx::Connection;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteLockingMode, SqliteSynchronous};

use super::{Connections, DROP_OF_ENDPOINT, DueScan, EVENTS_OF_SESSION, Link, NewLease, OpenFile};
use crate::database_url::{SqliteAccess, SqliteFile};
use crate::entities::delivery;
use crate::error::{ConnectError, is_busy};
use crate::store::StoreOptions;

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
    let mut writer = pool(&path, 1, wait_max, move |sqlite| durable(sqlite, wait_max));
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
        readers: Link::Sqlite(readers.map_err(ConnectError::Database)?),
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
        readers: Link::Sqlite(alone),
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

/// Takes the next deliveries that are due, in order, from beyond `after` on, except those of
/// `excluded` endpoints. Columns: `due_at`, `id`, `endpoint_id`; the index holds them all. A column
/// takes values of any type here: a row with another one is left where it is, behind which a claim
/// would never come.
const DUE: &str = "\
SELECT due_at, id, endpoint_id FROM deliveries \
WHERE state = 'pending' AND due_at <= $1 AND (due_at, id) > ($2, $3) \
AND payload_expires_at > $1 AND endpoint_id NOT IN (SELECT value FROM json_each($4)) \
AND typeof(due_at) = 'integer' AND typeof(id) = 'text' AND typeof(endpoint_id) = 'text' \
ORDER BY due_at, id LIMIT $5";

/// Puts one lease on many deliveries. [`lease`] adds which columns it returns.
const LEASE: &str = "\
UPDATE OR IGNORE deliveries SET state = 'delivering', due_at = NULL, claimed_at = $2, lease_holder = $3, \
lease_until = $4, updated_at = $2 \
WHERE id IN (SELECT value FROM json_each($1))";

/// Reads what deliveries bring: the event with the prefix `event_`, the bytes, and what may
/// forbid to send them.
const CONTENTS: &str = "\
SELECT deliveries.id AS delivery_id, delivery_payloads.jwe AS jwe, \
events.id AS event_id, events.organization_id AS event_organization_id, \
events.event_type AS event_event_type, events.session_id AS event_session_id, \
events.attempt_id AS event_attempt_id, events.created_at AS event_created_at, \
sessions.status AS session_status, sessions.withdrawn_at AS session_withdrawn_at, \
organizations.pending_deletion_at AS organization_pending_deletion_at \
FROM json_each($1) AS wanted \
CROSS JOIN deliveries ON deliveries.id = wanted.value \
JOIN events ON events.id = deliveries.event_id \
JOIN organizations ON organizations.id = deliveries.organization_id \
LEFT JOIN sessions ON sessions.id = events.session_id \
LEFT JOIN delivery_payloads ON delivery_payloads.delivery_id = deliveries.id";

/// Reads who holds deliveries.
const LEASES: &str = "\
SELECT id AS delivery_id, lease_holder FROM deliveries \
WHERE id IN (SELECT value FROM json_each($1)) AND state = 'delivering'";

/// Writes all that changes in a delivery. The numbers are the places in [`saved_columns`].
const SAVE: &str = "\
UPDATE deliveries SET state = saved.state, due_at = saved.due_at, \
claimed_at = saved.claimed_at, lease_holder = saved.lease_holder, \
lease_until = saved.lease_until, attempt_count = saved.attempt_count, \
last_attempt_at = saved.last_attempt_at, last_status_code = saved.last_status_code, \
payload_reason = saved.payload_reason, payload_expires_at = saved.payload_expires_at, \
payload_scrubbed_at = saved.payload_scrubbed_at, updated_at = saved.updated_at \
FROM (SELECT value ->> 0 AS id, value ->> 1 AS state, value ->> 2 AS due_at, \
value ->> 3 AS claimed_at, value ->> 4 AS lease_holder, value ->> 5 AS lease_until, \
value ->> 6 AS attempt_count, value ->> 7 AS last_attempt_at, value ->> 8 AS last_status_code, \
value ->> 9 AS payload_reason, value ->> 10 AS payload_expires_at, \
value ->> 11 AS payload_scrubbed_at, value ->> 12 AS updated_at \
FROM json_each($1)) AS saved \
WHERE deliveries.id = saved.id";

const DELETE_PAYLOADS: &str = "\
DELETE FROM delivery_payloads WHERE delivery_id IN (SELECT value FROM json_each($1))";

/// Adds to request counts. The ids are stored as 16 bytes.
const COUNT_REQUESTS: &str = "\
UPDATE api_keys SET request_count = request_count + counted.requests \
FROM (SELECT unhex(value ->> 0) AS id, value ->> 1 AS requests FROM json_each($1)) AS counted \
WHERE api_keys.id = counted.id";

/// Deletes the bytes of all of an endpoint's deliveries.
const DELETE_PAYLOADS_OF_ENDPOINT: &str = "\
DELETE FROM delivery_payloads WHERE delivery_id IN (SELECT id FROM deliveries \
WHERE endpoint_id = $1 AND payload_expires_at IS NOT NULL)";

pub(crate) fn due(scan: &DueScan<'_>) -> Statement {
    let (after_due_at, after_id) = &scan.after;
    statement(
        DUE,
        [
            scan.now_ms.into(),
            (*after_due_at).into(),
            after_id.as_str().into(),
            json!(scan.excluded).to_string().into(),
            scan.limit.into(),
        ],
    )
}

/// Puts one lease on many deliveries and returns them.
pub(crate) fn lease(ids: &[&str], lease: NewLease<'_>) -> Statement {
    statement(
        format!("{LEASE} RETURNING {}", delivery::columns()),
        [
            json!(ids).to_string().into(),
            lease.claimed_at_ms.into(),
            lease.holder.into(),
            lease.until_ms.into(),
        ],
    )
}

pub(crate) fn payloads(ids: &[&str]) -> Statement {
    statement(CONTENTS, [json!(ids).to_string().into()])
}

pub(crate) fn leases(ids: &[&str]) -> Statement {
    statement(LEASES, [json!(ids).to_string().into()])
}

pub(crate) fn save(rows: &[delivery::Model]) -> Statement {
    let rows: serde_json::Value = rows.iter().map(saved_columns).collect();
    statement(SAVE, [rows.to_string().into()])
}

pub(crate) fn delete_payloads(ids: &[&str]) -> Statement {
    statement(DELETE_PAYLOADS, [json!(ids).to_string().into()])
}

pub(crate) fn count_requests(counts: &BTreeMap<ApiKeyId, u64>) -> Statement {
    let counts: serde_json::Value = counts
        .iter()
        .map(|(id, requests)| json!([id.0.simple().to_string(), requests]))
        .collect();
    statement(COUNT_REQUESTS, [counts.to_string().into()])
}

pub(crate) fn events_of_session(id: &SessionId) -> Statement {
    statement(EVENTS_OF_SESSION, [id.as_str().into()])
}

pub(crate) fn drop_of_endpoint(id: &EndpointId, now: Timestamp) -> Statement {
    let values = [id.as_str().into(), now.unix_ms().into()];
    passing_over_damage(statement(DROP_OF_ENDPOINT, values))
}

/// Creates an UPDATE of many rows leave alone those that break a rule of the schema, where one of
/// them would refuse it for all: rules are not looked at when a damaged file is opened.
pub(crate) fn passing_over_damage(mut update: Statement) -> Statement {
    update.sql = update.sql.replacen("UPDATE ", "UPDATE OR IGNORE ", 1);
    update
}

pub(crate) fn delete_payloads_of_endpoint(id: &EndpointId) -> Statement {
    statement(DELETE_PAYLOADS_OF_ENDPOINT, [id.as_str().into()])
}

fn saved_columns(row: &delivery::Model) -> serde_json::Value {
    json!([
        row.id,
        row.state,
        row.due_at,
        row.claimed_at,
        row.lease_holder,
        row.lease_until,
        row.attempt_count,
        row.last_attempt_at,
        row.last_status_code,
        row.payload_reason,
        row.payload_expires_at,
        row.payload_scrubbed_at,
        row.updated_at,
    ])
}

fn statement<const N: usize>(sql: impl Into<String>, values: [Value; N]) -> Statement {
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}
