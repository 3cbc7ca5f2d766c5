//! SQLite's statements over many rows.
//!
//! Many rows come in as one JSON text ([`super::json_rows`]) and are taken apart by `json_each`. The usual
//! `UPDATE … FROM (VALUES …)` is planned as a scan of the whole table; with `json_each` each row is
//! found by its key. The tests in `plans` hold SQLite to it.
//!
//! One writer has the database, whose transactions exclude each other: nothing needs a lock.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

use async_trait::async_trait;
use kayle_primitives::{ApiKeyId, EndpointId};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, DbBackend, DbErr, Statement, Value};
use serde_json::json;

use super::batches::{SettledRow, StepRows};
use super::dialect::Dialect;
use super::json_rows::{insert, json_rows};
use super::link::Link;
use crate::entities::{attempt, delivery, delivery_attempt, delivery_payload, event, session};

/// SQLite's way of saying things.
#[derive(Debug)]
pub(crate) struct Sqlite;

/// Reads who holds deliveries.
const LEASES: &str = "\
SELECT id AS delivery_id, lease_holder FROM deliveries \
WHERE id IN (SELECT value FROM json_each($1)) AND state = 'delivering'";

/// Saves deliveries, deletes the bytes of those that were scrubbed, and adds attempts. The numbers are
/// the places in [`saved_columns`].
static SETTLE: LazyLock<String> = LazyLock::new(|| {
    format!(
        "{SAVE}; \
         DELETE FROM delivery_payloads WHERE delivery_id IN (\
         SELECT value ->> 0 FROM json_each($1) WHERE value ->> 11 IS NOT NULL); \
         {attempts}",
        attempts = insert::<delivery_attempt::Entity>(2),
    )
});

/// Adds what came of steps.
static INSERT: LazyLock<String> = LazyLock::new(|| {
    let inserts = [
        insert::<attempt::Entity>(1),
        insert::<event::Entity>(2),
        insert::<delivery::Entity>(3),
        insert::<delivery_payload::Entity>(4),
        insert::<delivery_attempt::Entity>(5),
    ];
    inserts.join("; ")
});

/// Writes all that changes in a delivery. The numbers are the places in [`saved_columns`].
const SAVE: &str = "\
UPDATE deliveries SET state = saved.state, due_at = saved.due_at, \
claimed_at = saved.claimed_at, lease_holder = saved.lease_holder, \
lease_until = saved.lease_until, attempt_count = saved.attempt_count, \
last_attempt_at = saved.last_attempt_at, last_status_code = saved.last_status_code, \
last_failure_reason = saved.last_failure_reason, \
payload_reason = saved.payload_reason, payload_expires_at = saved.payload_expires_at, \
payload_scrubbed_at = saved.payload_scrubbed_at, updated_at = saved.updated_at \
FROM (SELECT value ->> 0 AS id, value ->> 1 AS state, value ->> 2 AS due_at, \
value ->> 3 AS claimed_at, value ->> 4 AS lease_holder, value ->> 5 AS lease_until, \
value ->> 6 AS attempt_count, value ->> 7 AS last_attempt_at, value ->> 8 AS last_status_code, \
value ->> 9 AS payload_reason, value ->> 10 AS payload_expires_at, \
value ->> 11 AS payload_scrubbed_at, value ->> 12 AS updated_at, \
value ->> 13 AS last_failure_reason \
FROM json_each($1)) AS saved \
WHERE deliveries.id = saved.id";

/// Saves sessions whose stored revision is the one before; what never changes stays as it is. The
/// organization is checked beside the key, so that no other index is tempting.
const SAVE_SESSIONS: &str = "\
UPDATE sessions SET status = saved.status, failure_code = saved.failure_code, \
nfc_tries_used = saved.nfc_tries_used, liveness_tries_used = saved.liveness_tries_used, \
withdrawn_at = saved.withdrawn_at, completed_at = saved.completed_at, \
updated_at = saved.updated_at, revision = saved.revision \
FROM (SELECT value ->> 0 AS id, unhex(value ->> 1) AS organization_id, value ->> 2 AS status, \
value ->> 3 AS failure_code, value ->> 4 AS nfc_tries_used, value ->> 5 AS liveness_tries_used, \
value ->> 6 AS withdrawn_at, value ->> 7 AS completed_at, value ->> 8 AS updated_at, \
value ->> 9 AS revision FROM json_each($1)) AS saved \
WHERE sessions.id = saved.id AND +sessions.organization_id = saved.organization_id \
AND sessions.revision = saved.revision - 1 RETURNING sessions.id AS id";

/// Adds to request counts. The ids are stored as 16 bytes.
const COUNT_REQUESTS: &str = "\
UPDATE api_keys SET request_count = request_count + counted.requests \
FROM (SELECT unhex(value ->> 0) AS id, value ->> 1 AS requests FROM json_each($1)) AS counted \
WHERE api_keys.id = counted.id";

/// Deletes the bytes of all of an endpoint's deliveries.
const DELETE_PAYLOADS_OF_ENDPOINT: &str = "\
DELETE FROM delivery_payloads WHERE delivery_id IN (SELECT id FROM deliveries \
WHERE endpoint_id = $1 AND payload_expires_at IS NOT NULL)";

#[async_trait]
impl Dialect for Sqlite {
    fn backend(&self) -> DbBackend {
        DbBackend::Sqlite
    }

    fn has_many_writers(&self) -> bool {
        false
    }

    fn scanned_per_claimed(&self) -> usize {
        2
    }

    fn in_list(&self, place: usize) -> String {
        format!("IN (SELECT value FROM json_each(${place}))")
    }

    fn not_in_list(&self, place: usize) -> String {
        format!("NOT {}", self.in_list(place))
    }

    fn list(&self, texts: &[&str]) -> Value {
        json!(texts).to_string().into()
    }

    /// They are stored as 16 bytes.
    fn in_uuid_list(&self, place: usize) -> String {
        format!("IN (SELECT unhex(value) FROM json_each(${place}))")
    }

    fn uuid_list(&self, uuids: &[Uuid]) -> Value {
        let uuids: Vec<String> = uuids.iter().map(|id| id.simple().to_string()).collect();
        json!(uuids).to_string().into()
    }

    /// Its rules are not looked at when a damaged file is opened: one row that breaks them would
    /// refuse the change of all.
    fn update(&self) -> &'static str {
        "UPDATE OR IGNORE"
    }

    /// A column takes values of any type here: a row with another one is left where it is, behind
    /// which a claim would never come.
    fn only_well_typed(&self) -> &'static str {
        "AND typeof(due_at) = 'integer' AND typeof(id) = 'text' AND typeof(endpoint_id) = 'text'"
    }

    fn pending_of_endpoints(&self, endpoints: &str) -> String {
        // In this order of the tables: it is never changed around a CROSS JOIN.
        format!(
            "SELECT 1 FROM ({endpoints}) AS wanted CROSS JOIN deliveries \
             WHERE state = 'pending' AND {of_endpoint}",
            of_endpoint = self.of_endpoint("wanted.id"),
        )
    }

    fn of_endpoint(&self, id: &str) -> String {
        format!("endpoint_id = {id}")
    }

    fn wanted_deliveries(&self) -> (&'static str, &'static str) {
        let join = "json_each($1) AS wanted CROSS JOIN deliveries ON deliveries.id = wanted.value";
        (join, "")
    }

    fn save(&self, rows: &[delivery::Model]) -> Statement {
        self.statement(SAVE, vec![saved(rows)])
    }

    async fn write_steps(&self, link: &Link, mut rows: StepRows) -> Result<HashSet<String>, DbErr> {
        let saved = link.query_all_raw(save_sessions(&rows.sessions)).await?;
        let saved: Result<HashSet<String>, DbErr> =
            saved.iter().map(|row| row.try_get("", "id")).collect();
        let saved = saved?;
        rows.retain(&saved);
        let values = vec![
            json_rows::<attempt::Entity>(&rows.attempts),
            json_rows::<event::Entity>(&rows.events),
            json_rows::<delivery::Entity>(&rows.deliveries.deliveries),
            json_rows::<delivery_payload::Entity>(&rows.deliveries.payloads),
            json_rows::<delivery_attempt::Entity>(&rows.deliveries.attempts),
        ];
        let inserted = link.execute_raw(self.statement(&INSERT, values));
        inserted.await.map(|_| saved)
    }

    async fn settle(
        &self,
        link: &Link,
        mut rows: Vec<SettledRow>,
    ) -> Result<HashSet<(String, String)>, DbErr> {
        let mut leases = leases(link, &rows).await?;
        // The first settlement of a claim ends it.
        rows.retain(|row| {
            leases.get(&row.delivery.id) == Some(&row.holder)
                && leases.remove(&row.delivery.id).is_some()
        });
        if rows.is_empty() {
            return Ok(HashSet::new());
        }
        let (mut deliveries, mut attempts) = (Vec::with_capacity(rows.len()), Vec::new());
        let mut settled = HashSet::with_capacity(rows.len());
        for row in rows {
            settled.insert((row.delivery.id.clone(), row.holder));
            deliveries.push(row.delivery);
            attempts.extend(row.attempt);
        }
        let attempts = json_rows::<delivery_attempt::Entity>(&attempts);
        let settle = self.statement(&SETTLE, vec![saved(&deliveries), attempts]);
        link.execute_raw(settle).await.map(|_| settled)
    }

    fn count_requests(&self, counts: &BTreeMap<ApiKeyId, u64>) -> Statement {
        let counts: serde_json::Value = counts
            .iter()
            .map(|(id, requests)| json!([id.0.simple().to_string(), requests]))
            .collect();
        self.statement(COUNT_REQUESTS, vec![counts.to_string().into()])
    }

    fn delete_payloads_of_endpoint(&self, id: &EndpointId) -> Statement {
        self.statement(DELETE_PAYLOADS_OF_ENDPOINT, vec![id.as_str().into()])
    }
}

/// Reads who holds the deliveries that are to be settled. Nobody holds what cannot be read.
async fn leases(link: &Link, rows: &[SettledRow]) -> Result<HashMap<String, String>, DbErr> {
    let ids: Vec<&str> = rows.iter().map(|row| row.delivery.id.as_str()).collect();
    let rows = link.query_all_raw(read_leases(&ids)).await?;
    let by_delivery = rows.iter().filter_map(|row| {
        let delivery_id = row.try_get("", "delivery_id").ok()?;
        Some((delivery_id, row.try_get("", "lease_holder").ok()?))
    });
    Ok(by_delivery.collect())
}

/// Reads who holds deliveries. Columns: `delivery_id`, `lease_holder`.
pub(crate) fn read_leases(ids: &[&str]) -> Statement {
    Sqlite.statement(LEASES, vec![Sqlite.list(ids)])
}

/// Saves the next revisions of sessions. Column: `id`, of those that were saved.
pub(crate) fn save_sessions(rows: &[session::Model]) -> Statement {
    let columns = |row: &session::Model| {
        json!([
            row.id,
            row.organization_id.simple().to_string(),
            row.status,
            row.failure_code,
            row.nfc_tries_used,
            row.liveness_tries_used,
            row.withdrawn_at,
            row.completed_at,
            row.updated_at,
            row.revision,
        ])
    };
    let rows: serde_json::Value = rows.iter().map(columns).collect();
    Sqlite.statement(SAVE_SESSIONS, vec![rows.to_string().into()])
}

fn saved(rows: &[delivery::Model]) -> Value {
    let rows: serde_json::Value = rows.iter().map(saved_columns).collect();
    rows.to_string().into()
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
        row.last_failure_reason,
    ])
}
