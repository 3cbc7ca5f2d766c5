//! The statements over many rows, and what of them differs between databases.
//!
//! A third database needs partial indexes (the queue is walked by them), `RETURNING`, numbered
//! placeholders (`$1`), and one value that a statement can take a list out of.

use std::collections::{BTreeMap, HashSet};
use std::fmt::Debug;

use async_trait::async_trait;
use kayle_app::ports::store::DuePlace;
use kayle_delivery::LeaseHolder;
use kayle_primitives::{ApiKeyId, EndpointId, OrganizationId, SessionId, Timestamp};
use sea_orm::prelude::Uuid;
use sea_orm::{DbBackend, DbErr, Statement, Value};

use super::batches::{SettledRow, StepRows};
use super::link::Link;
use crate::entities::{delivery, encryption_key, endpoint};
use crate::readable::{as_u64, columns_of};

/// Where a scan of what is due has come to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct DueScan<'a> {
    /// Deliveries due at this moment or before are meant.
    pub(crate) now_ms: i64,
    /// The last one seen: when it is due, and its id.
    pub(crate) after: (i64, String),
    /// Endpoints without room.
    pub(crate) excluded: &'a [String],
    /// Destinations without room.
    pub(crate) full_destinations: &'a [String],
    /// The most to take.
    pub(crate) limit: u64,
}

impl DueScan<'_> {
    /// Returns the values that every statement about it begins with.
    fn values(&self) -> Vec<Value> {
        let (after_due_at, after_id) = &self.after;
        vec![
            self.now_ms.into(),
            (*after_due_at).into(),
            after_id.as_str().into(),
        ]
    }
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

/// A database's way of saying things.
#[async_trait]
pub(crate) trait Dialect: Debug + Send + Sync {
    /// Returns what sea-orm calls it.
    fn backend(&self) -> DbBackend;

    /// Returns whether several write at once, so that each locks what it is about to change.
    fn has_many_writers(&self) -> bool;

    /// Returns how many due deliveries a claim looks at in one go, for each that it has room for:
    /// what an endpoint has no room for is passed over.
    fn scanned_per_claimed(&self) -> usize;

    /// Returns the condition that a column is in the list at this place of the values.
    fn in_list(&self, place: usize) -> String;

    /// Returns the condition that a column is not in the list at this place of the values.
    fn not_in_list(&self, place: usize) -> String;

    /// Returns a list as one value.
    fn list(&self, texts: &[&str]) -> Value;

    /// Returns the condition that a column is in the list of UUIDs at this place of the values.
    fn in_uuid_list(&self, place: usize) -> String;

    /// Returns a list of UUIDs as one value.
    fn uuid_list(&self, uuids: &[Uuid]) -> Value;

    /// Returns how an UPDATE of many rows begins which leaves alone those that break a rule of the
    /// schema.
    fn update(&self) -> &'static str {
        "UPDATE"
    }

    /// Returns a condition that passes over rows whose columns have other types than the schema
    /// says.
    fn only_well_typed(&self) -> &'static str {
        ""
    }

    /// Returns what locks the rows of a SELECT, and passes over those that others have locked.
    fn skip_locked(&self) -> &'static str {
        ""
    }

    /// Returns how the deliveries of a list, the first of the values, are found by their key: what
    /// stands in FROM, and the condition.
    fn wanted_deliveries(&self) -> (&'static str, &'static str);

    /// Names what is pending at endpoints, one after the other, by the queue of each. `endpoints`
    /// names them.
    fn pending_of_endpoints(&self, endpoints: &str) -> String;

    /// Says that a pending delivery is one endpoint's, so that the index led by the endpoint is
    /// used.
    fn of_endpoint(&self, id: &str) -> String;

    /// Writes all that changes in deliveries.
    fn save(&self, rows: &[delivery::Model]) -> Statement;

    /// Saves the next revisions of sessions, each unless it has moved meanwhile, and what came of
    /// those. Returns the ids of those that were saved.
    async fn write_steps(&self, link: &Link, rows: StepRows) -> Result<HashSet<String>, DbErr>;

    /// Writes settlements, each while its lease is held. Returns the deliveries that were written,
    /// each with who held it.
    async fn settle(
        &self,
        link: &Link,
        rows: Vec<SettledRow>,
    ) -> Result<HashSet<(String, String)>, DbErr>;

    /// Adds to request counts.
    fn count_requests(&self, counts: &BTreeMap<ApiKeyId, u64>) -> Statement;

    /// Locks all of an endpoint's deliveries that store a payload, and deletes the bytes.
    fn delete_payloads_of_endpoint(&self, id: &EndpointId) -> Statement;

    /// Reads what deliveries bring: the event with the prefix `event_`, the bytes, and what may
    /// forbid to send them.
    fn payloads(&self, ids: &[&str]) -> Statement {
        let (wanted, condition) = self.wanted_deliveries();
        let sql = format!("{PAYLOADS} FROM {wanted} {WITH_PAYLOADS} {condition}");
        self.statement(&sql, vec![self.list(ids)])
    }

    /// Reads the endpoints of organizations, each with its active key, whose columns have the prefix
    /// [`ACTIVE_KEY_PREFIX`], in the order of their ids.
    fn fanout_endpoints(&self, organization_ids: &[Uuid]) -> Statement {
        let sql = format!(
            "SELECT {endpoint}, {key}, organizations.pending_deletion_at \
             AS organization_pending_deletion_at {FANOUT_ENDPOINTS} \
             AND endpoints.organization_id {wanted} ORDER BY endpoints.id",
            endpoint = columns_of::<endpoint::Entity>(""),
            key = columns_of::<encryption_key::Entity>(ACTIVE_KEY_PREFIX),
            wanted = self.in_uuid_list(1),
        );
        self.statement(&sql, vec![self.uuid_list(organization_ids)])
    }

    /// Counts the stored payloads that are encrypted to keys, those that wait or are kept no further
    /// than `most`. What is being delivered is as much as dispatchers take at once. Columns: `id`,
    /// `retained`.
    fn retained_of_keys(&self, ids: &[&str], most: usize) -> Statement {
        let sql = format!("{RETAINED_OF_KEYS} {}", self.in_list(1));
        self.statement(&sql, vec![self.list(ids), as_u64(most).into()])
    }

    /// Returns what lets the statements of a transaction read whole tables, where it must be said.
    fn allow_whole_tables(&self) -> Option<&'static str> {
        None
    }

    /// Creates a statement.
    fn statement(&self, sql: &str, values: Vec<Value>) -> Statement {
        Statement::from_sql_and_values(self.backend(), sql, values)
    }

    /// Takes the next deliveries that are due, in order, from beyond `after` on, except those of
    /// excluded endpoints and full destinations. Columns: `due_at`, `id`, `endpoint_id`, which the
    /// index holds, and `destination`.
    fn due(&self, scan: &DueScan<'_>) -> Statement {
        let sql = format!(
            "{DUE} AND endpoint_id {excluded} AND {elsewhere} {well_typed} \
             ORDER BY due_at, id LIMIT $5 {locked}",
            excluded = self.not_in_list(4),
            elsewhere = self.not_at(6),
            well_typed = self.only_well_typed(),
            locked = self.skip_locked(),
        );
        let mut values = scan.values();
        values.extend([
            self.list(&texts(scan.excluded)),
            scan.limit.into(),
            self.list(&texts(scan.full_destinations)),
        ]);
        self.statement(&sql, values)
    }

    /// Returns the condition that an endpoint is at none of the destinations in the list at this
    /// place of the values.
    fn not_at(&self, place: usize) -> String {
        format!(
            "endpoint_id NOT IN (SELECT id FROM endpoints WHERE destination {})",
            self.in_list(place)
        )
    }

    /// Takes what is due at one endpoint, as [`Self::due`] does.
    fn due_of_endpoint(&self, endpoint_id: &str, scan: &DueScan<'_>) -> Statement {
        let sql = format!(
            "{DUE} AND endpoint_id = $4 {well_typed} ORDER BY due_at, id LIMIT $5 {locked}",
            well_typed = self.only_well_typed(),
            locked = self.skip_locked(),
        );
        let mut values = scan.values();
        values.extend([endpoint_id.into(), scan.limit.into()]);
        self.statement(&sql, values)
    }

    /// Names what is pending before a place in an endpoint's queue, in no order. Column: `id`.
    fn due_before(
        &self,
        organization_id: OrganizationId,
        place: DuePlace<'_>,
        most: usize,
    ) -> Statement {
        let values = vec![
            place.endpoint_id.as_str().into(),
            organization_id.0.into(),
            place.due_at.unix_ms().into(),
            place.id.as_str().into(),
            as_u64(most).into(),
        ];
        self.statement(DUE_BEFORE, values)
    }

    /// Names the endpoints at which something is due, excluded or not, but for those at full
    /// destinations, the longest due first. Column: `endpoint_id`.
    fn waiting_endpoints(&self, scan: &DueScan<'_>) -> Statement {
        let sql = format!(
            "{WAITING_ENDPOINTS} AND {elsewhere} ORDER BY due_at, endpoint_id LIMIT $4",
            elsewhere = self.not_at(5)
        );
        let mut values = scan.values();
        values.extend([scan.limit.into(), self.list(&texts(scan.full_destinations))]);
        self.statement(&sql, values)
    }

    /// Looks whether more than `place` deliveries are due. A row says so.
    fn due_at_place(&self, scan: &DueScan<'_>, place: u64) -> Statement {
        let mut values = scan.values();
        values.push(place.into());
        self.statement(DUE_AT_PLACE, values)
    }

    /// Puts one lease on many deliveries and returns them.
    fn lease(&self, ids: &[&str], lease: NewLease<'_>) -> Statement {
        let sql = format!(
            "{update} {LEASE} WHERE id {wanted} RETURNING {columns}",
            update = self.update(),
            wanted = self.in_list(1),
            columns = columns_of::<delivery::Entity>(""),
        );
        let values = vec![
            self.list(ids),
            lease.claimed_at_ms.into(),
            lease.holder.into(),
            lease.until_ms.into(),
        ];
        self.statement(&sql, values)
    }

    /// Names those of the deliveries that are leased to a holder. Column: `id`.
    fn leased_to(&self, holder: &LeaseHolder, ids: &[&str]) -> Statement {
        let wanted = self.in_list(1);
        let sql = format!("SELECT id FROM deliveries WHERE id {wanted} AND lease_holder = $2");
        self.statement(&sql, vec![self.list(ids), holder.0.as_str().into()])
    }

    /// Creates an UPDATE of many rows leave alone those that break a rule of the schema.
    fn passing_over_damage(&self, mut update: Statement) -> Statement {
        update.sql = update.sql.replacen("UPDATE", self.update(), 1);
        update
    }

    /// Deletes the bytes of deliveries.
    fn delete_payloads(&self, ids: &[&str]) -> Statement {
        let wanted = self.in_list(1);
        let sql = format!("DELETE FROM delivery_payloads WHERE delivery_id {wanted}");
        self.statement(&sql, vec![self.list(ids)])
    }

    /// Names a session's events, of whatever type. Columns: `id`, `event_type`.
    fn events_of_session(&self, id: &SessionId) -> Statement {
        self.statement(EVENTS_OF_SESSION, vec![id.as_str().into()])
    }

    /// Ends all of an endpoint's deliveries that store a payload, without it.
    fn drop_of_endpoint(&self, id: &EndpointId, now: Timestamp) -> Statement {
        let sql = format!("{} {DROP_OF_ENDPOINT}", self.update());
        self.statement(&sql, vec![id.as_str().into(), now.unix_ms().into()])
    }
}

fn texts(texts: &[String]) -> Vec<&str> {
    texts.iter().map(String::as_str).collect()
}

/// Begins the names of an active key's columns.
pub(crate) const ACTIVE_KEY_PREFIX: &str = "active_key_";

const FANOUT_ENDPOINTS: &str = "\
FROM endpoints JOIN organizations ON organizations.id = endpoints.organization_id \
LEFT JOIN encryption_keys ON encryption_keys.endpoint_id = endpoints.id \
AND encryption_keys.disabled_at IS NULL \
WHERE endpoints.deleted_at IS NULL";

/// Finds what is due, from a place in the queue on.
const DUE: &str = "\
SELECT due_at, id, endpoint_id, \
(SELECT destination FROM endpoints WHERE endpoints.id = deliveries.endpoint_id) AS destination \
FROM deliveries \
WHERE state = 'pending' AND due_at <= $1 AND (due_at, id) > ($2, $3) AND payload_expires_at > $1";

const DUE_AT_PLACE: &str = "\
SELECT due_at FROM deliveries \
WHERE state = 'pending' AND due_at <= $1 AND (due_at, id) > ($2, $3) \
ORDER BY due_at, id LIMIT 1 OFFSET $4";

const DUE_BEFORE: &str = "\
SELECT id FROM deliveries WHERE state = 'pending' \
AND endpoint_id = (SELECT id FROM endpoints WHERE id = $1 AND organization_id = $2) \
AND (due_at, id) < ($3, $4) LIMIT $5";

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
SELECT endpoint_id FROM waiting WHERE due_at <= $1";

const PAYLOADS: &str = "\
SELECT deliveries.id AS delivery_id, delivery_payloads.jwe AS jwe, \
events.id AS event_id, events.organization_id AS event_organization_id, \
events.event_type AS event_event_type, events.session_id AS event_session_id, \
events.attempt_id AS event_attempt_id, events.created_at AS event_created_at, \
NULL AS event_passed_over, events.challenge AS event_challenge, \
sessions.status AS session_status, sessions.withdrawn_at AS session_withdrawn_at, \
organizations.pending_deletion_at AS organization_pending_deletion_at";

/// What belongs to deliveries that are about to be sent.
const WITH_PAYLOADS: &str = "\
JOIN events ON events.id = deliveries.event_id \
JOIN organizations ON organizations.id = deliveries.organization_id \
LEFT JOIN sessions ON sessions.id = events.session_id \
LEFT JOIN delivery_payloads ON delivery_payloads.delivery_id = deliveries.id";

/// Puts one lease on deliveries.
const LEASE: &str = "\
deliveries SET state = 'delivering', due_at = NULL, claimed_at = $2, lease_holder = $3, \
lease_until = $4, updated_at = $2";

/// The condition of the first count is that of the index.
const RETAINED_OF_KEYS: &str = "\
SELECT id, \
(SELECT COUNT(*) FROM (SELECT 1 FROM deliveries WHERE encryption_key_id = encryption_keys.id \
AND state <> 'delivering' AND payload_expires_at IS NOT NULL LIMIT $2) AS kept) \
+ (SELECT COUNT(*) FROM deliveries WHERE encryption_key_id = encryption_keys.id \
AND state = 'delivering') AS retained \
FROM encryption_keys WHERE id";

const EVENTS_OF_SESSION: &str = "SELECT id, event_type FROM events WHERE session_id = $1";

const DROP_OF_ENDPOINT: &str = "\
deliveries SET state = 'failed', due_at = NULL, claimed_at = NULL, lease_holder = NULL, \
lease_until = NULL, payload_reason = 'expired', payload_expires_at = NULL, \
payload_scrubbed_at = $2, updated_at = $2 \
WHERE endpoint_id = $1 AND payload_expires_at IS NOT NULL";
