//! PostgreSQL's statements over many rows.
//!
//! Many rows come in as arrays, one for each column. Whoever changes deliveries locks them first,
//! in the order of their ids, so that no two wait for each other; a claim waits for nobody and
//! passes over what is locked.

use std::collections::BTreeMap;

use kayle_primitives::{ApiKeyId, EndpointId};
use sea_orm::prelude::Uuid;
use sea_orm::{DbBackend, Statement, Value};

use super::dialect::Dialect;
use crate::entities::delivery::Model;
use crate::entities::session;

/// PostgreSQL's way of saying things.
#[derive(Debug)]
pub(crate) struct Postgres;

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
payload_scrubbed_at = NULLIF(saved.payload_scrubbed_at, -1), updated_at = saved.updated_at, \
last_failure_reason = NULLIF(saved.last_failure_reason, '') \
FROM UNNEST($1::text[], $2::text[], $3::bigint[], $4::bigint[], $5::text[], $6::bigint[], \
$7::integer[], $8::bigint[], $9::integer[], $10::text[], $11::bigint[], $12::bigint[], \
$13::bigint[], $14::text[]) AS saved (id, state, due_at, claimed_at, lease_holder, lease_until, \
attempt_count, last_attempt_at, last_status_code, payload_reason, payload_expires_at, \
payload_scrubbed_at, updated_at, last_failure_reason) \
WHERE deliveries.id = saved.id";

/// Saves sessions whose stored revision is the one before; what never changes stays as it is. They
/// are locked in the order of their ids.
const SAVE_SESSIONS: &str = "\
WITH saved AS MATERIALIZED (\
SELECT sessions.id, saved.status, saved.failure_code, saved.nfc_tries_used, \
saved.liveness_tries_used, saved.withdrawn_at, saved.completed_at, saved.updated_at, \
saved.revision FROM UNNEST($1::text[], $2::uuid[], $3::text[], $4::text[], $5::integer[], \
$6::integer[], $7::bigint[], $8::bigint[], $9::bigint[], $10::integer[]) \
AS saved (id, organization_id, status, failure_code, nfc_tries_used, liveness_tries_used, \
withdrawn_at, completed_at, updated_at, revision) \
JOIN sessions ON sessions.id = saved.id AND sessions.organization_id = saved.organization_id \
ORDER BY sessions.id FOR UPDATE OF sessions) \
UPDATE sessions SET status = saved.status, failure_code = NULLIF(saved.failure_code, ''), \
nfc_tries_used = saved.nfc_tries_used, liveness_tries_used = saved.liveness_tries_used, \
withdrawn_at = NULLIF(saved.withdrawn_at, -1), completed_at = NULLIF(saved.completed_at, -1), \
updated_at = saved.updated_at, revision = saved.revision \
FROM saved WHERE sessions.id = saved.id AND sessions.revision = saved.revision - 1 \
RETURNING sessions.id AS id";

const ABSENT: i64 = -1;

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

    fn skip_locked(&self) -> &'static str {
        "FOR UPDATE SKIP LOCKED"
    }

    fn wanted_deliveries(&self) -> (&'static str, &'static str) {
        ("deliveries", "WHERE deliveries.id = ANY ($1)")
    }

    fn leases(&self, ids: &[&str]) -> Statement {
        self.statement(LEASES, vec![self.list(ids)])
    }

    fn save(&self, rows: &[Model]) -> Statement {
        self.statement(
            SAVE,
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
            ],
        )
    }

    fn save_sessions(&self, rows: &[session::Model]) -> Statement {
        let organizations: Vec<Uuid> = rows.iter().map(|row| row.organization_id).collect();
        self.statement(
            SAVE_SESSIONS,
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
            ],
        )
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
    let moments = rows.iter().map(|row| column(row).unwrap_or(ABSENT));
    moments.collect::<Vec<i64>>().into()
}

fn array<'a>(texts: impl Iterator<Item = &'a str>) -> Value {
    texts.map(str::to_owned).collect::<Vec<String>>().into()
}
