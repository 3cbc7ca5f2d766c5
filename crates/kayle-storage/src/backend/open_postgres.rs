//! Opens a PostgreSQL database.
//!
//! Transactions are READ COMMITTED.

use std::io::ErrorKind;
use std::time::Duration;

use sea_orm::{DbErr, RuntimeErr, SqlxError, SqlxPostgresConnector};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, ConnectOptions as _, Connection as _, Executor as _};
use tokio::time::timeout;

use super::link::{Connections, Link};
use super::pooler;
use super::session::Server;
use super::unusable::Outdated;
use crate::error::ConnectError;
use crate::options::StoreOptions;
use crate::silence::within;

/// Under which name the server lists our connections.
const APPLICATION_NAME: &str = "kayle-webhooks";

/// What the server goes by on our connections. It ends what takes longer: a statement (the largest
/// touches a thousand rows), a wait for a lock, and a transaction that has gone silent, which would
/// hold its locks for ever. And it notices within half a minute that we have vanished without a
/// word, whether it waits for us or has something to say: what our session held is free then.
const SERVER_SETTINGS: [(&str, &str); 13] = [
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
    // A statement is planned once for whatever values, and the plan is kept while its tables grow:
    // what is small now, and cheaper to read whole, is not so later.
    ("plan_cache_mode", "force_generic_plan"),
    ("enable_seqscan", "off"),
    ("enable_hashjoin", "off"),
    ("enable_mergejoin", "off"),
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
        readers: Link::Server(Server {
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
