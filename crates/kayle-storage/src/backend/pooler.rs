//! A pooler between us and PostgreSQL that gives each transaction another session.
//!
//! Ours is what a session is for: prepared statements, time limits, `LISTEN`. Behind such a pooler
//! they land in sessions of others, and others' in ours: statements fail now and then, and a limit
//! is there by chance. So it is found at the start, by what it does and not by its name.

use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _, Row, raw_sql};

use sea_orm::SqlxError;

/// Sets a mark in the session, and returns it. Nobody else has the same one: a pooler may lend a
/// session again that another start has marked.
const MARK: &str = "SELECT set_config('kayle.session', gen_random_uuid()::text, false)";

/// Returns the session's mark; an empty text where it has none.
const READ: &str = "SELECT coalesce(current_setting('kayle.session', true), '')";

/// Returns whether two connections share their sessions with one another.
///
/// # Errors
/// One of them could not be had, or broke.
pub(crate) async fn shares_sessions(server: &PgConnectOptions) -> Result<bool, SqlxError> {
    let mut ours = server.connect().await?;
    let mut other = server.connect().await?;
    let shared = is_shared(&mut ours, &mut other).await;
    // What a connection cannot be told any more ends with its socket.
    let _ = ours.close().await;
    let _ = other.close().await;
    shared
}

/// A pooler that lends the session used last gives it to whoever asks next; one that lends them in
/// turn gives us another one. A transaction keeps its session, so that we get another one.
async fn is_shared(ours: &mut PgConnection, other: &mut PgConnection) -> Result<bool, SqlxError> {
    let mark = ask(ours, MARK).await?;
    if ask(other, READ).await? == mark || ask(ours, READ).await? != mark {
        return Ok(true);
    }
    raw_sql("BEGIN").execute(&mut *other).await?;
    let shared = ask(other, READ).await? == mark || ask(ours, READ).await? != mark;
    raw_sql("ROLLBACK").execute(&mut *other).await?;
    Ok(shared)
}

/// Asks without preparing a statement, which such a pooler may refuse.
async fn ask(connection: &mut PgConnection, sql: &'static str) -> Result<String, SqlxError> {
    raw_sql(sql).fetch_one(connection).await?.try_get(0)
}
