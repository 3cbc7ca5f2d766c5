//! What differs between databases: how to connect, and the statements over many rows.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kayle_primitives::{ApiKeyId, EndpointId, SessionId, Timestamp};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DbBackend, DbErr, ExecResult, QueryResult, Statement,
};

use self::session::Server;
use crate::database_url::DatabaseUrl;
use crate::entities::delivery;
use crate::error::ConnectError;
use crate::store::StoreOptions;

mod open_file;
mod pooler;
pub(crate) mod postgres;
pub(crate) mod session;
pub(crate) mod sqlite;
mod unusable;

pub(crate) use open_file::OpenFile;
pub(crate) use unusable::Outdated;

/// A database's way of saying things.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// One writer, whose transactions exclude each other: nothing needs a lock.
    Sqlite,
    /// Many writers, each of which locks what it is about to change.
    Postgres,
}

/// The open connections; both may be the same pool.
pub(crate) struct Connections {
    pub(crate) writer: DatabaseConnection,
    pub(crate) readers: Link<DatabaseConnection, Server>,
    /// The file that must stay where it is; `None` for a PostgreSQL.
    pub(crate) file: Option<OpenFile>,
}

/// What statements go over: sea-orm's for SQLite, which is in this process and always answers;
/// ours for PostgreSQL.
#[derive(Debug, Clone)]
pub(crate) enum Link<S, P> {
    Sqlite(S),
    Postgres(P),
}

impl<S, P> Link<S, P> {
    /// Returns what is spoken on it.
    pub(crate) fn dialect(&self) -> Dialect {
        match self {
            Self::Sqlite(_) => Dialect::Sqlite,
            Self::Postgres(_) => Dialect::Postgres,
        }
    }
}

#[async_trait]
impl<S: ConnectionTrait, P: ConnectionTrait> ConnectionTrait for Link<S, P> {
    fn get_database_backend(&self) -> DbBackend {
        match self {
            Self::Sqlite(connection) => connection.get_database_backend(),
            Self::Postgres(connection) => connection.get_database_backend(),
        }
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        match self {
            Self::Sqlite(connection) => connection.execute_raw(statement).await,
            Self::Postgres(connection) => connection.execute_raw(statement).await,
        }
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        match self {
            Self::Sqlite(connection) => connection.execute_unprepared(sql).await,
            Self::Postgres(connection) => connection.execute_unprepared(sql).await,
        }
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        match self {
            Self::Sqlite(connection) => connection.query_one_raw(statement).await,
            Self::Postgres(connection) => connection.query_one_raw(statement).await,
        }
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        match self {
            Self::Sqlite(connection) => connection.query_all_raw(statement).await,
            Self::Postgres(connection) => connection.query_all_raw(statement).await,
        }
    }
}

/// Opens a database.
pub(crate) async fn connect(
    url: &DatabaseUrl,
    options: &StoreOptions,
) -> Result<Connections, ConnectError> {
    match url {
        DatabaseUrl::Sqlite(file) => sqlite::connect(file, options).await,
        DatabaseUrl::Postgres(url) => postgres::connect(url, options).await,
    }
}

/// Where a scan of what is due has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DueScan<'a> {
    /// Deliveries due at this moment or before are meant.
    pub(crate) now_ms: i64,
    /// The last one seen: when it is due, and its id.
    pub(crate) after: (i64, String),
    /// Endpoints without room.
    pub(crate) excluded: &'a [String],
    /// The most to take.
    pub(crate) limit: u64,
}

/// The lease that [`Dialect::lease`] puts on deliveries.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct NewLease<'a> {
    /// Since when.
    pub(crate) claimed_at_ms: i64,
    /// Whose.
    pub(crate) holder: &'a str,
    /// Until when.
    pub(crate) until_ms: i64,
}

impl Dialect {
    /// How many due deliveries a claim looks at in one go, for each that it has room for: what an
    /// endpoint has no room for is passed over. A look of PostgreSQL's keeps others away from what
    /// it has seen, so that it looks at no more than it wants.
    pub(crate) fn scanned_per_claimed(self) -> usize {
        match self {
            Self::Sqlite => 2,
            Self::Postgres => 1,
        }
    }

    /// Takes the next deliveries that are due, in order. Columns: `due_at`, `id`, `endpoint_id`.
    pub(crate) fn due(self, scan: &DueScan<'_>) -> Statement {
        match self {
            Self::Sqlite => sqlite::due(scan),
            Self::Postgres => postgres::due(scan),
        }
    }

    /// Takes what is due at one endpoint, as [`Self::due`] does.
    pub(crate) fn due_of_endpoint(self, endpoint_id: &str, scan: &DueScan<'_>) -> Statement {
        let (after_due_at, after_id) = &scan.after;
        let sql = match self {
            Self::Sqlite => DUE_OF_ENDPOINT.replace(
                "ORDER BY",
                "AND typeof(due_at) = 'integer' AND typeof(id) = 'text' ORDER BY",
            ),
            Self::Postgres => format!("{DUE_OF_ENDPOINT} FOR UPDATE SKIP LOCKED"),
        };
        let values = [
            scan.now_ms.into(),
            (*after_due_at).into(),
            after_id.as_str().into(),
            endpoint_id.into(),
            scan.limit.into(),
        ];
        Statement::from_sql_and_values(self.backend(), sql, values)
    }

    /// Names the endpoints at which something is due, excluded or not, the longest due first.
    /// Column: `endpoint_id`.
    pub(crate) fn waiting_endpoints(self, scan: &DueScan<'_>) -> Statement {
        let (after_due_at, after_id) = &scan.after;
        let values = [
            scan.now_ms.into(),
            (*after_due_at).into(),
            after_id.as_str().into(),
            scan.limit.into(),
        ];
        Statement::from_sql_and_values(self.backend(), WAITING_ENDPOINTS, values)
    }

    /// Looks whether more than `place` deliveries are due. A row says so.
    pub(crate) fn due_at_place(self, scan: &DueScan<'_>, place: u64) -> Statement {
        let (after_due_at, after_id) = &scan.after;
        let values = [
            scan.now_ms.into(),
            (*after_due_at).into(),
            after_id.as_str().into(),
            place.into(),
        ];
        Statement::from_sql_and_values(self.backend(), DUE_AT_PLACE, values)
    }

    fn backend(self) -> DbBackend {
        match self {
            Self::Sqlite => DbBackend::Sqlite,
            Self::Postgres => DbBackend::Postgres,
        }
    }

    /// Puts one lease on many deliveries and gives them back.
    pub(crate) fn lease(self, ids: &[&str], lease: NewLease<'_>) -> Statement {
        match self {
            Self::Sqlite => sqlite::lease(ids, lease),
            Self::Postgres => postgres::lease(ids, lease),
        }
    }

    /// Reads what deliveries bring: the event with the prefix `event_`, the bytes, and what may
    /// forbid to send them.
    pub(crate) fn payloads(self, ids: &[&str]) -> Statement {
        match self {
            Self::Sqlite => sqlite::payloads(ids),
            Self::Postgres => postgres::payloads(ids),
        }
    }

    /// Locks those of the deliveries that are leased, and reads who holds them. Columns:
    /// `delivery_id`, `lease_holder`.
    pub(crate) fn leases(self, ids: &[&str]) -> Statement {
        match self {
            Self::Sqlite => sqlite::leases(ids),
            Self::Postgres => postgres::leases(ids),
        }
    }

    /// Writes all that changes in deliveries.
    pub(crate) fn save(self, rows: &[delivery::Model]) -> Statement {
        match self {
            Self::Sqlite => sqlite::save(rows),
            Self::Postgres => postgres::save(rows),
        }
    }

    /// Creates an UPDATE of many rows leave alone those that break a rule of the schema. PostgreSQL
    /// has none: its rules hold from the first row on.
    pub(crate) fn passing_over_damage(self, update: Statement) -> Statement {
        match self {
            Self::Sqlite => sqlite::passing_over_damage(update),
            Self::Postgres => update,
        }
    }

    /// Deletes the bytes of deliveries.
    pub(crate) fn delete_payloads(self, ids: &[&str]) -> Statement {
        match self {
            Self::Sqlite => sqlite::delete_payloads(ids),
            Self::Postgres => postgres::delete_payloads(ids),
        }
    }

    /// Adds to request counts.
    pub(crate) fn count_requests(self, counts: &BTreeMap<ApiKeyId, u64>) -> Statement {
        match self {
            Self::Sqlite => sqlite::count_requests(counts),
            Self::Postgres => postgres::count_requests(counts),
        }
    }

    /// Names a session's events. Columns: `id`, `event_type`.
    pub(crate) fn events_of_session(self, id: &SessionId) -> Statement {
        match self {
            Self::Sqlite => sqlite::events_of_session(id),
            Self::Postgres => postgres::events_of_session(id),
        }
    }

    /// Gives up all of an endpoint's deliveries that store a payload.
    pub(crate) fn drop_of_endpoint(self, id: &EndpointId, now: Timestamp) -> Statement {
        match self {
            Self::Sqlite => sqlite::drop_of_endpoint(id, now),
            Self::Postgres => postgres::drop_of_endpoint(id, now),
        }
    }

    /// Locks all of an endpoint's deliveries that store a payload, and deletes the bytes.
    pub(crate) fn delete_payloads_of_endpoint(self, id: &EndpointId) -> Statement {
        match self {
            Self::Sqlite => sqlite::delete_payloads_of_endpoint(id),
            Self::Postgres => postgres::delete_payloads_of_endpoint(id),
        }
    }
}

const DUE_AT_PLACE: &str = "\
SELECT due_at FROM deliveries \
WHERE state = 'pending' AND due_at <= $1 AND (due_at, id) > ($2, $3) \
ORDER BY due_at, id LIMIT 1 OFFSET $4";

/// Hops from endpoint to endpoint in the index, and looks at the first that is due at each.
const WAITING_ENDPOINTS: &str = "\
WITH RECURSIVE hops (endpoint_id) AS (\
SELECT min(endpoint_id) FROM deliveries WHERE state = 'pending' \
UNION ALL \
SELECT (SELECT min(endpoint_id) FROM deliveries \
WHERE state = 'pending' AND endpoint_id > hops.endpoint_id) \
FROM hops WHERE hops.endpoint_id IS NOT NULL), \
waiting AS MATERIALIZED (\
SELECT endpoint_id, (SELECT due_at FROM deliveries \
WHERE state = 'pending' AND endpoint_id = hops.endpoint_id \
AND (due_at, id) > ($2, $3) AND payload_expires_at > $1 \
ORDER BY due_at, id LIMIT 1) AS due_at FROM hops) \
SELECT endpoint_id FROM waiting WHERE due_at <= $1 ORDER BY due_at, endpoint_id LIMIT $4";

const DUE_OF_ENDPOINT: &str = "\
SELECT due_at, id, endpoint_id FROM deliveries \
WHERE state = 'pending' AND endpoint_id = $4 AND due_at <= $1 AND (due_at, id) > ($2, $3) \
AND payload_expires_at > $1 ORDER BY due_at, id LIMIT $5";

/// Names a session's events, of whatever type.
const EVENTS_OF_SESSION: &str = "SELECT id, event_type FROM events WHERE session_id = $1";

/// Gives up all of an endpoint's deliveries that store a payload.
const DROP_OF_ENDPOINT: &str = "\
UPDATE deliveries SET state = 'failed', due_at = NULL, claimed_at = NULL, lease_holder = NULL, \
lease_until = NULL, payload_reason = 'expired', payload_expires_at = NULL, \
payload_scrubbed_at = $2, updated_at = $2 \
WHERE endpoint_id = $1 AND payload_expires_at IS NOT NULL";
