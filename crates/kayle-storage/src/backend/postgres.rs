//! PostgreSQL's statements over many rows.
//!
//! Many rows come in as arrays ([`super::arrays`]). Whoever changes deliveries locks them first,
//! in the order of their ids, so that no two wait for each other; a claim waits for nobody and
//! passes over what is locked.

use std::collections::{BTreeMap, HashSet};
use std::sync::LazyLock;

use async_trait::async_trait;
use kayle_primitives::{ApiKeyId, EndpointId};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};

use super::arrays::{self, NO_NUMBER, arrays};
use super::batches::{SettledRow, StepRows};
use super::dialect::Dialect;
use super::link::Link;
use crate::entities::{attempt, delivery, delivery_attempt, delivery_payload, event, session};

/// PostgreSQL's way of saying things.
#[derive(Debug)]
pub(crate) struct Postgres;

/// Writes all that changes in deliveries.
static SAVE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{SET_SAVED} FROM UNNEST({SAVED_ARRAYS}) AS saved ({SAVED_COLUMNS}) \
         WHERE deliveries.id = saved.id"
    )
});

const SET_SAVED: &str = "\
UPDATE deliveries SET state = saved.state, due_at = NULLIF(saved.due_at, -1), \
claimed_at = NULLIF(saved.claimed_at, -1), lease_holder = NULLIF(saved.lease_holder, ''), \
lease_until = NULLIF(saved.lease_until, -1), attempt_count = saved.attempt_count, \
last_attempt_at = NULLIF(saved.last_attempt_at, -1), \
last_status_code = NULLIF(saved.last_status_code, -1), payload_reason = saved.payload_reason, \
payload_expires_at = NULLIF(saved.payload_expires_at, -1), \
payload_scrubbed_at = NULLIF(saved.payload_scrubbed_at, -1), updated_at = saved.updated_at, \
last_failure_reason = NULLIF(saved.last_failure_reason, '')";

/// What changes in deliveries, as [`saved`] gives it.
const SAVED_ARRAYS: &str = "\
$1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], $7::integer[], \
$8::bigint[], $9::integer[], $10::text[], $11::bigint[], $12::bigint[], $13::bigint[], $14::text[]";

/// The names of [`SAVED_ARRAYS`], in their order.
const SAVED_COLUMNS: &str = "\
id, state, due_at, claimed_at, lease_holder, lease_until, attempt_count, last_attempt_at, \
last_status_code, payload_reason, payload_expires_at, payload_scrubbed_at, updated_at, \
last_failure_reason";

/// Writes settlements whose lease is held. The deliveries are locked first, in the order of their
/// ids. Only what is being delivered has a holder; were the state named, the server would walk all
/// that is leased by one of the partial indexes. A batch may hold two settlements of one delivery,
/// of two holders: holder and attempt travel with what they save, so that only the holder's is
/// written.
static SETTLE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "WITH held AS MATERIALIZED (\
         SELECT id, lease_holder FROM deliveries \
         WHERE id = ANY ($1) AND lease_holder IS NOT NULL ORDER BY id FOR UPDATE), \
         settled AS ({SET_SAVED} \
         FROM UNNEST({SAVED_ARRAYS}, $15::text[], $16::text[]) \
         AS saved ({SAVED_COLUMNS}, holder, attempt_id) \
         JOIN held ON held.id = saved.id AND held.lease_holder = saved.holder \
         WHERE deliveries.id = saved.id \
         RETURNING deliveries.id, saved.holder, saved.attempt_id, \
         deliveries.payload_scrubbed_at), \
         erased AS (DELETE FROM delivery_payloads WHERE delivery_id IN (\
         SELECT id FROM settled WHERE payload_scrubbed_at IS NOT NULL)), \
         attempted AS ({new_attempts} WHERE new.id IN (SELECT attempt_id FROM settled)) \
         SELECT id, holder FROM settled",
        new_attempts = arrays::insert::<delivery_attempt::Entity>(17),
    )
});

/// Saves sessions whose stored revision is the one before, and what came of those; what never
/// changes in a session stays as it is. They are locked in the order of their ids.
static WRITE_STEPS: LazyLock<String> = LazyLock::new(|| {
    let of_sessions = SESSION_COLUMNS + 1;
    let of_attempts = of_sessions + arrays::width::<attempt::Entity>();
    let of_events = of_attempts + arrays::width::<event::Entity>();
    let of_deliveries = of_events + arrays::width::<delivery::Entity>();
    let of_payloads = of_deliveries + arrays::width::<delivery_payload::Entity>();
    format!(
        "{SAVE_SESSIONS}, \
         new_attempts AS ({attempts} WHERE new.session_id IN (SELECT id FROM saved)), \
         new_events AS ({events} WHERE new.session_id IN (SELECT id FROM saved) RETURNING id), \
         new_deliveries AS (\
         {deliveries} WHERE new.event_id IN (SELECT id FROM new_events) RETURNING id), \
         new_payloads AS ({payloads} WHERE new.delivery_id IN (SELECT id FROM new_deliveries)), \
         new_delivery_attempts AS (\
         {delivery_attempts} WHERE new.delivery_id IN (SELECT id FROM new_deliveries)) \
         SELECT id FROM saved",
        attempts = arrays::insert::<attempt::Entity>(of_sessions),
        events = arrays::insert::<event::Entity>(of_attempts),
        deliveries = arrays::insert::<delivery::Entity>(of_events),
        payloads = arrays::insert::<delivery_payload::Entity>(of_deliveries),
        delivery_attempts = arrays::insert::<delivery_attempt::Entity>(of_payloads),
    )
});

/// How many columns of sessions are saved.
const SESSION_COLUMNS: usize = 10;

const SAVE_SESSIONS: &str = "\
WITH to_save AS MATERIALIZED (\
SELECT sessions.id, saved.status, saved.failure_code, saved.nfc_tries_used, \
saved.liveness_tries_used, saved.withdrawn_at, saved.completed_at, saved.updated_at, \
saved.revision FROM UNNEST($1::text[], $2::uuid[], $3::text[], $4::text[], $5::integer[], \
$6::integer[], $7::bigint[], $8::bigint[], $9::bigint[], $10::integer[]) \
AS saved (id, organization_id, status, failure_code, nfc_tries_used, liveness_tries_used, \
withdrawn_at, completed_at, updated_at, revision) \
JOIN sessions ON sessions.id = saved.id AND sessions.organization_id = saved.organization_id \
ORDER BY sessions.id FOR UPDATE OF sessions), \
saved AS (UPDATE sessions SET status = to_save.status, \
failure_code = NULLIF(to_save.failure_code, ''), nfc_tries_used = to_save.nfc_tries_used, \
liveness_tries_used = to_save.liveness_tries_used, \
withdrawn_at = NULLIF(to_save.withdrawn_at, -1), \
completed_at = NULLIF(to_save.completed_at, -1), \
updated_at = to_save.updated_at, revision = to_save.revision \
FROM to_save WHERE sessions.id = to_save.id AND sessions.revision = to_save.revision - 1 \
RETURNING sessions.id AS id)";

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

#[async_trait]
impl Dialect for Postgres {
    fn backend(&self) -> DbBackend {
        DbBackend::Postgres
    }

    fn has_many_writers(&self) -> bool {
        true
    }

    /// It locks the rows that it scans, so it scans only what it can take.
    fn scanned_per_claimed(&self) -> usize {
        1
    }

    fn in_list(&self, place: usize) -> String {
        format!("= ANY (${place})")
    }

    fn not_in_list(&self, place: usize) -> String {
        format!("<> ALL (${place})")
    }

    fn list(&self, texts: &[&str]) -> Value {
        array(texts.iter().copied())
    }

    fn in_uuid_list(&self, place: usize) -> String {
        self.in_list(place)
    }

    fn uuid_list(&self, uuids: &[Uuid]) -> Value {
        uuids.to_vec().into()
    }

    fn allow_whole_tables(&self) -> Option<&'static str> {
        Some(
            "SET LOCAL enable_seqscan = on; SET LOCAL enable_hashjoin = on; \
             SET LOCAL enable_mergejoin = on",
        )
    }

    fn skip_locked(&self) -> &'static str {
        "FOR UPDATE SKIP LOCKED"
    }

    fn pending_of_endpoints(&self, endpoints: &str) -> String {
        // The OFFSET keeps the planner from walking the whole queue instead.
        format!(
            "SELECT 1 FROM ({endpoints}) AS wanted CROSS JOIN LATERAL (SELECT 1 FROM deliveries \
             WHERE state = 'pending' AND {of_endpoint} OFFSET 0) AS pending",
            of_endpoint = self.of_endpoint("wanted.id"),
        )
    }

    /// As a range, which only an index that the endpoint leads can give in order. Where it reads
    /// `=`, the planner may as well walk the whole queue in the order of the due times, and does
    /// if many of the table's pages have changed since the last vacuum.
    fn of_endpoint(&self, id: &str) -> String {
        format!("endpoint_id BETWEEN {id} AND {id}")
    }

    fn wanted_deliveries(&self) -> (&'static str, &'static str) {
        ("deliveries", "WHERE deliveries.id = ANY ($1)")
    }

    fn save(&self, rows: &[delivery::Model]) -> Statement {
        self.statement(&SAVE, saved(rows))
    }

    /// With one statement, which is a transaction of its own where none is open.
    async fn write_steps(&self, link: &Link, rows: StepRows) -> Result<HashSet<String>, DbErr> {
        let saved = link.query_all_raw(write_steps(&rows)).await?;
        saved.iter().map(|row| row.try_get("", "id")).collect()
    }

    /// As [`Self::write_steps`] does.
    async fn settle(
        &self,
        link: &Link,
        rows: Vec<SettledRow>,
    ) -> Result<HashSet<(String, String)>, DbErr> {
        let settled = link.query_all_raw(settle(rows)).await?;
        let settled = settled
            .iter()
            .map(|row| Ok((row.try_get("", "id")?, row.try_get("", "holder")?)));
        settled.collect()
    }

    fn count_requests(&self, counts: &BTreeMap<ApiKeyId, u64>) -> Statement {
        let ids: Vec<Uuid> = counts.keys().map(|id| id.0).collect();
        let requests = counts
            .values()
            .map(|count| i64::try_from(*count).unwrap_or(i64::MAX));
        let requests: Vec<i64> = requests.collect();
        self.statement(COUNT_REQUESTS, vec![ids.into(), requests.into()])
    }

    fn delete_payloads_of_endpoint(&self, id: &EndpointId) -> Statement {
        self.statement(DELETE_PAYLOADS_OF_ENDPOINT, vec![id.as_str().into()])
    }
}

/// Saves sessions that have not moved, with what came of them. Column: `id`, of those.
pub(crate) fn write_steps(rows: &StepRows) -> Statement {
    let new = &rows.deliveries;
    let mut values = saved_sessions(&rows.sessions);
    values.extend(arrays::<attempt::Entity>(&rows.attempts));
    values.extend(arrays::<event::Entity>(&rows.events));
    values.extend(arrays::<delivery::Entity>(&new.deliveries));
    values.extend(arrays::<delivery_payload::Entity>(&new.payloads));
    values.extend(arrays::<delivery_attempt::Entity>(&new.attempts));
    Postgres.statement(&WRITE_STEPS, values)
}

/// Writes settlements whose lease is held. Columns: `id` and `holder`, of those.
pub(crate) fn settle(rows: Vec<SettledRow>) -> Statement {
    let holders = array(rows.iter().map(|row| row.holder.as_str()));
    let attempt_ids = array(rows.iter().map(|row| {
        let attempt = row.attempt.as_ref();
        attempt.map_or("", |attempt| attempt.id.as_str())
    }));
    let (mut deliveries, mut attempts) = (Vec::with_capacity(rows.len()), Vec::new());
    for row in rows {
        deliveries.push(row.delivery);
        attempts.extend(row.attempt);
    }
    let mut values = saved(&deliveries);
    values.extend([holders, attempt_ids]);
    values.extend(arrays::<delivery_attempt::Entity>(&attempts));
    Postgres.statement(&SETTLE, values)
}

/// Returns what changes in deliveries, as [`SAVED_ARRAYS`] take it.
fn saved(rows: &[delivery::Model]) -> Vec<Value> {
    vec![
        words(rows, |row| &row.id),
        words(rows, |row| &row.state),
        moments(rows, |row| row.due_at),
        moments(rows, |row| row.claimed_at),
        words(rows, |row| row.lease_holder.as_deref().unwrap_or_default()),
        moments(rows, |row| row.lease_until),
        numbers(rows, |row| row.attempt_count),
        moments(rows, |row| row.last_attempt_at),
        numbers(rows, |row| row.last_status_code.unwrap_or(-1)),
        words(rows, |row| &row.payload_reason),
        moments(rows, |row| row.payload_expires_at),
        moments(rows, |row| row.payload_scrubbed_at),
        moments(rows, |row| Some(row.updated_at)),
        words(rows, |row| {
            row.last_failure_reason.as_deref().unwrap_or_default()
        }),
    ]
}

/// Returns what changes in sessions, as [`SAVE_SESSIONS`] takes it.
fn saved_sessions(rows: &[session::Model]) -> Vec<Value> {
    let organizations: Vec<Uuid> = rows.iter().map(|row| row.organization_id).collect();
    vec![
        words(rows, |row| &row.id),
        organizations.into(),
        words(rows, |row| &row.status),
        words(rows, |row| row.failure_code.as_deref().unwrap_or_default()),
        numbers(rows, |row| row.nfc_tries_used),
        numbers(rows, |row| row.liveness_tries_used),
        moments(rows, |row| row.withdrawn_at),
        moments(rows, |row| row.completed_at),
        moments(rows, |row| Some(row.updated_at)),
        numbers(rows, |row| row.revision),
    ]
}

/// Returns a column of rows as one value; a text that is not there is empty.
fn words<M>(rows: &[M], column: fn(&M) -> &str) -> Value {
    array(rows.iter().map(column))
}

/// Returns a column of small numbers as one value.
fn numbers<M>(rows: &[M], column: fn(&M) -> i32) -> Value {
    rows.iter().map(column).collect::<Vec<i32>>().into()
}

/// Returns a column of moments as one value.
fn moments<M>(rows: &[M], column: fn(&M) -> Option<i64>) -> Value {
    let moments = rows.iter().map(|row| column(row).unwrap_or(NO_NUMBER));
    moments.collect::<Vec<i64>>().into()
}

fn array<'a>(texts: impl Iterator<Item = &'a str>) -> Value {
    texts.map(str::to_owned).collect::<Vec<String>>().into()
}
