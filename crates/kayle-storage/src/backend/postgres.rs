//! PostgreSQL: how it is opened, and its statements over many rows.
//!
//! Many rows come in as arrays, one for each column. Transactions are READ COMMITTED. Whoever
//! changes deliveries locks them first, in the order of their ids, so that no two wait for each
//! other; a claim waits for nobody and passes over what is locked.

use std::collections::BTreeMap;
use std::io::ErrorKind;
use std::time::Duration;

use kayle_primitives::{ApiKeyId, EndpointId, SessionId, Timestamp};
use sea_orm::prelude::Uuid;
use sea_orm::{DbBackend, DbErr, RuntimeErr, SqlxError, SqlxPostgresConnector, Statement, Value};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use tokio::time::timeout;

use super::session::Server;
use super::{
    Connections, DROP_OF_ENDPOINT, DueScan, EVENTS_OF_SESSION, Link, NewLease, Outdated, pooler,
};
use crate::entities::delivery::{self, Model};
use crate::error::ConnectError;
use crate::silence::within;
use crate::store::StoreOptions;

/// Under which name the server lists our connections.
const APPLICATION_NAME: &str = "kayle-webhooks";

/// What the server goes by on our connections. It ends what takes longer: a statement (the largest
/// touches a thousand rows), a wait for a lock, and a transaction that has gone silent, which would
/// hold its locks for ever. And it notices within half a minute that we have vanished without a
/// word, whether it waits for us or has something to say: what our session held is free then.
const SERVER_SETTINGS: [(&str, &str); 9] = [
    ("statement_timeout", "30s"),
    ("lock_timeout", "5s"),
    ("idle_in_transaction_session_timeout", "30s"),
    // Seconds; the last is milliseconds. A Unix socket ignores all four.
    ("tcp_keepalives_idle", "15"),
    ("tcp_keepalives_interval", "5"),
    ("tcp_keepalives_count", "3"),
    ("tcp_user_timeout", "30000"),
    // Compiling a plan takes longer than running any of ours.
    ("jit", "off"),
    // A hundred look-ups by key are better than reading a table of some thousand rows, on any disk
    // that does not turn.
    ("random_page_cost", "1.1"),
];

/// Writes the settings as statements. At the start of a connection they could be said without a
/// round trip, but a pooler between us and the server refuses such options.
fn settings() -> String {
    let settings = SERVER_SETTINGS.map(|(name, value)| format!("SET {name} = '{value}';"));
    settings.concat()
}

/// A connection that was idle for this long is asked for a sign of life before it is used: those
/// that a restart of the server has cut are then replaced, not handed out. Busy ones are not
/// asked, since that costs each use a round trip.
const TESTED_AFTER_IDLE: Duration = Duration::from_millis(100);

/// Opens one pool for all.
pub(crate) async fn connect(
    url: &str,
    options: &StoreOptions,
) -> Result<Connections, ConnectError> {
    let server = connect_options(url)?;
    let outdated = Outdated::default();
    let pool = pool_options(options, &outdated);
    let pool = match pool.connect_with(server.clone()).await {
        Ok(pool) => pool,
        Err(error) => return Err(refusal(&server, options.wait_max, error).await),
    };
    // Where it cannot be found out, the service starts: too many connections, for one, pass.
    let shared = within(options.wait_max, pooler::shares_sessions(&server)).await;
    if matches!(shared, Ok(true)) {
        return Err(ConnectError::SharedSessions);
    }
    Ok(Connections {
        writer: SqlxPostgresConnector::from_sqlx_postgres_pool(pool.clone()),
        readers: Link::Postgres(Server {
            pool,
            options: options.clone(),
            outdated,
        }),
        file: None,
    })
}

/// Says how a pool deals with its connections. None is kept from the beginning: where one must be
/// there, sqlx waits for it for five minutes, and it holds a place of the pool meanwhile.
pub(crate) fn pool_options(options: &StoreOptions, outdated: &Outdated) -> PgPoolOptions {
    let sign_of_life_max = options.sign_of_life_max();
    let outdated = outdated.clone();
    PgPoolOptions::new()
        .max_connections(options.connections)
        .acquire_timeout(options.wait_max)
        .test_before_acquire(false)
        .after_connect(|connection, _| {
            Box::pin(async move {
                connection
                    .execute(AssertSqlSafe(settings()))
                    .await
                    .map(drop)
            })
        })
        .before_acquire(move |connection, metadata| {
            let is_outdated = outdated.includes(metadata.age);
            Box::pin(async move {
                if is_outdated {
                    return Ok(false);
                }
                if TESTED_AFTER_IDLE <= metadata.idle_for {
                    within(sign_of_life_max, connection.ping()).await?;
                }
                Ok(true)
            })
        })
}

/// Tells why no connection was had. A pool tries until its time is up, and then says just that: one
/// attempt more says what stands in the way.
#[expect(clippy::wildcard_enum_match_arm, reason = "a foreign, open enum")]
async fn refusal(server: &PgConnectOptions, wait_max: Duration, error: SqlxError) -> ConnectError {
    let error = match error {
        SqlxError::PoolTimedOut => match timeout(wait_max, server.connect()).await {
            Ok(Err(reason)) => reason,
            Ok(Ok(_)) | Err(_) => error,
        },
        reason => reason,
    };
    match error {
        SqlxError::Io(error) if error.kind() == ErrorKind::NotFound => ConnectError::MissingFile,
        reason => ConnectError::Database(DbErr::Conn(RuntimeErr::SqlxError(reason.into()))),
    }
}

/// Reads a URL. What is wrong with it is not told: it holds a password.
fn connect_options(url: &str) -> Result<PgConnectOptions, ConnectError> {
    let options: PgConnectOptions = url
        .parse()
        .map_err(|_: SqlxError| ConnectError::BrokenUrl)?;
    Ok(options
        .application_name(APPLICATION_NAME)
        .disable_statement_logging())
}

/// Takes the next deliveries that are due, in order, from beyond `after` on, except those of
/// `excluded` endpoints; locks them, and passes over those that another claim has locked.
const DUE: &str = "\
SELECT due_at, id, endpoint_id FROM deliveries \
WHERE state = 'pending' AND due_at <= $1 AND (due_at, id) > ($2, $3) \
AND payload_expires_at > $1 AND endpoint_id <> ALL ($4) \
ORDER BY due_at, id LIMIT $5 FOR UPDATE SKIP LOCKED";

/// Puts one lease on many deliveries. [`lease`] adds which columns it returns.
const LEASE: &str = "\
UPDATE deliveries SET state = 'delivering', due_at = NULL, claimed_at = $2, lease_holder = $3, \
lease_until = $4, updated_at = $2 \
WHERE id = ANY ($1)";

/// Reads what deliveries bring.
const CONTENTS: &str = "\
SELECT deliveries.id AS delivery_id, delivery_payloads.jwe AS jwe, \
events.id AS event_id, events.organization_id AS event_organization_id, \
events.event_type AS event_event_type, events.session_id AS event_session_id, \
events.attempt_id AS event_attempt_id, events.created_at AS event_created_at, \
sessions.status AS session_status, sessions.withdrawn_at AS session_withdrawn_at, \
organizations.pending_deletion_at AS organization_pending_deletion_at \
FROM deliveries \
JOIN events ON events.id = deliveries.event_id \
JOIN organizations ON organizations.id = deliveries.organization_id \
LEFT JOIN sessions ON sessions.id = events.session_id \
LEFT JOIN delivery_payloads ON delivery_payloads.delivery_id = deliveries.id \
WHERE deliveries.id = ANY ($1)";

/// Locks what is leased, and reads who holds it. Only what is being delivered has a holder; were
/// the state named, the server would walk all that is leased by one of the partial indexes.
const LEASES: &str = "\
SELECT id AS delivery_id, lease_holder FROM deliveries \
WHERE id = ANY ($1) AND lease_holder IS NOT NULL ORDER BY id FOR UPDATE";

/// Writes all that changes in a delivery. An array of the driver's has no NULL in it: a number
/// that is not there is -1, and a text is empty.
const SAVE: &str = "\
UPDATE deliveries SET state = saved.state, due_at = NULLIF(saved.due_at, -1), \
claimed_at = NULLIF(saved.claimed_at, -1), lease_holder = NULLIF(saved.lease_holder, ''), \
lease_until = NULLIF(saved.lease_until, -1), attempt_count = saved.attempt_count, \
last_attempt_at = NULLIF(saved.last_attempt_at, -1), \
last_status_code = NULLIF(saved.last_status_code, -1), payload_reason = saved.payload_reason, \
payload_expires_at = NULLIF(saved.payload_expires_at, -1), \
payload_scrubbed_at = NULLIF(saved.payload_scrubbed_at, -1), updated_at = saved.updated_at \
FROM UNNEST($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], \
$7::integer[], $8::bigint[], $9::integer[], $10::text[], $11::bigint[], $12::bigint[], \
$13::bigint[]) AS saved (id, state, due_at, claimed_at, lease_holder, lease_until, \
attempt_count, last_attempt_at, last_status_code, payload_reason, payload_expires_at, \
payload_scrubbed_at, updated_at) \
WHERE deliveries.id = saved.id";

const ABSENT: i64 = -1;

const DELETE_PAYLOADS: &str = "DELETE FROM delivery_payloads WHERE delivery_id = ANY ($1)";

/// Adds to request counts, in the order of the ids: two processes that add at once take turns.
const COUNT_REQUESTS: &str = "\
WITH counted AS MATERIALIZED (\
SELECT api_keys.id, counted.requests FROM UNNEST($1::uuid[], $2::bigint[]) AS counted (id, requests) \
JOIN api_keys ON api_keys.id = counted.id ORDER BY api_keys.id FOR UPDATE OF api_keys) \
UPDATE api_keys SET request_count = request_count + counted.requests \
FROM counted WHERE api_keys.id = counted.id";

/// Deletes the bytes of all of an endpoint's deliveries.
const DELETE_PAYLOADS_OF_ENDPOINT: &str = "\
WITH dropped AS MATERIALIZED (\
SELECT id FROM deliveries WHERE endpoint_id = $1 AND payload_expires_at IS NOT NULL \
ORDER BY id FOR UPDATE) \
DELETE FROM delivery_payloads WHERE delivery_id IN (SELECT id FROM dropped)";

/// Takes the turn to sweep, unless another transaction has it, for as long as the transaction is
/// open: silent for as long as the sweep takes. The number is the first eight bytes of "kayle
/// sweep" by SHA-256: anything that nobody else takes will do.
const TAKE_SWEEP_TURN: &str = "\
SELECT set_config('idle_in_transaction_session_timeout', '0', true) AS patience, \
pg_try_advisory_xact_lock(3695868140865719285) AS taken";

pub(crate) fn take_sweep_turn() -> Statement {
    Statement::from_string(DbBackend::Postgres, TAKE_SWEEP_TURN)
}

pub(crate) fn due(scan: &DueScan<'_>) -> Statement {
    let (after_due_at, after_id) = &scan.after;
    statement(
        DUE,
        [
            scan.now_ms.into(),
            (*after_due_at).into(),
            after_id.as_str().into(),
            texts(scan.excluded.iter().map(String::as_str)),
            scan.limit.into(),
        ],
    )
}

/// Puts one lease on many deliveries and returns them.
pub(crate) fn lease(ids: &[&str], lease: NewLease<'_>) -> Statement {
    statement(
        format!("{LEASE} RETURNING {}", delivery::columns()),
        [
            texts(ids.iter().copied()),
            lease.claimed_at_ms.into(),
            lease.holder.into(),
            lease.until_ms.into(),
        ],
    )
}

pub(crate) fn payloads(ids: &[&str]) -> Statement {
    statement(CONTENTS, [texts(ids.iter().copied())])
}

pub(crate) fn leases(ids: &[&str]) -> Statement {
    statement(LEASES, [texts(ids.iter().copied())])
}

pub(crate) fn save(rows: &[Model]) -> Statement {
    let moments = |column: fn(&Model) -> Option<i64>| -> Value {
        let values = rows.iter().map(|row| column(row).unwrap_or(ABSENT));
        values.collect::<Vec<i64>>().into()
    };
    let numbers = |column: fn(&Model) -> i32| -> Value {
        rows.iter().map(column).collect::<Vec<i32>>().into()
    };
    let words = |column: fn(&Model) -> &str| texts(rows.iter().map(column));
    statement(
        SAVE,
        [
            words(|row| &row.id),
            words(|row| &row.state),
            moments(|row| row.due_at),
            moments(|row| row.claimed_at),
            words(|row| row.lease_holder.as_deref().unwrap_or_default()),
            moments(|row| row.lease_until),
            numbers(|row| row.attempt_count),
            moments(|row| row.last_attempt_at),
            numbers(|row| row.last_status_code.unwrap_or(-1)),
            words(|row| &row.payload_reason),
            moments(|row| row.payload_expires_at),
            moments(|row| row.payload_scrubbed_at),
            moments(|row| Some(row.updated_at)),
        ],
    )
}

pub(crate) fn delete_payloads(ids: &[&str]) -> Statement {
    statement(DELETE_PAYLOADS, [texts(ids.iter().copied())])
}

pub(crate) fn count_requests(counts: &BTreeMap<ApiKeyId, u64>) -> Statement {
    let ids: Vec<Uuid> = counts.keys().map(|id| id.0).collect();
    let requests = counts
        .values()
        .map(|count| i64::try_from(*count).unwrap_or(i64::MAX));
    let requests: Vec<i64> = requests.collect();
    statement(COUNT_REQUESTS, [ids.into(), requests.into()])
}

pub(crate) fn events_of_session(id: &SessionId) -> Statement {
    statement(EVENTS_OF_SESSION, [id.as_str().into()])
}

pub(crate) fn drop_of_endpoint(id: &EndpointId, now: Timestamp) -> Statement {
    let values = [id.as_str().into(), now.unix_ms().into()];
    statement(DROP_OF_ENDPOINT, values)
}

pub(crate) fn delete_payloads_of_endpoint(id: &EndpointId) -> Statement {
    statement(DELETE_PAYLOADS_OF_ENDPOINT, [id.as_str().into()])
}

fn texts<'a>(texts: impl Iterator<Item = &'a str>) -> Value {
    texts.map(str::to_owned).collect::<Vec<String>>().into()
}

fn statement<const N: usize>(sql: impl Into<String>, values: [Value; N]) -> Statement {
    Statement::from_sql_and_values(DbBackend::Postgres, sql, values)
}
