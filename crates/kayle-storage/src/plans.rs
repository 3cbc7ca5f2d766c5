//! How SQLite finds the rows of what is asked often: never by reading a whole table, and never by
//! sorting what an index has in order. `postgres` asks the same of the other database.

mod postgres;

use std::collections::BTreeMap;

use kayle_app::ports::store::{
    ActivityKey, DeliveryFilter, DuePlace, FailedFilter, Portion, Resolution, ResumeScope,
};
use kayle_delivery::activity::Span;
use kayle_delivery::{AttemptFailure, DeliveryStatus, LeaseHolder};
use kayle_events::EventType;
use kayle_primitives::{
    ApiKeyId, DeliveryId, EndpointId, EventId, OrganizationId, SessionId, Timestamp,
};
use migration::{Migrator, MigratorTrait};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, DbBackend, QuerySelect, QueryTrait, Statement};

use crate::backend::dialect::{Dialect, DueScan, NewLease};
use crate::backend::sqlite::{self, Sqlite};
use crate::due::WALKED_PAST_MAX;
use crate::entities::delivery::{Column, Model};
use crate::entities::{attempt, audit_row, session};
use crate::page::newest_first;
use crate::{
    SqlStore, StoreOptions, activity, audit, deliveries, encryption_keys, failed, purge, queue,
    service_tokens, sessions,
};

const NOW: i64 = 1_777_978_800_000;
const ORGANIZATION: OrganizationId = OrganizationId(Uuid::nil());

/// A database, and the folder it lies in.
struct Planner {
    store: SqlStore,
    _folder: tempfile::TempDir,
}

impl Planner {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("kayle.db");
        let url = format!("sqlite://{}?mode=rwc", file.display());
        let options = StoreOptions::default();
        let store = SqlStore::connect(&url.parse().unwrap(), &options)
            .await
            .unwrap();
        Migrator::up(store.connection(), None).await.unwrap();
        Self {
            store,
            _folder: folder,
        }
    }

    async fn plan(&self, mut statement: Statement) -> Vec<String> {
        statement.sql.insert_str(0, "EXPLAIN QUERY PLAN ");
        let rows = self.store.connection().query_all_raw(statement).await;
        let rows = rows.unwrap();
        let steps = rows.iter().map(|row| row.try_get("", "detail").unwrap());
        steps.collect()
    }

    /// Asserts that the plan has `step` in it, and neither a scan of a table nor a sort.
    async fn check(&self, statement: Statement, step: &str) {
        let plan = self.plan(statement.clone()).await;
        let costly = |line: &String| {
            let scans_table = line.starts_with("SCAN ")
                && !line.contains("VIRTUAL TABLE")
                && line != LIMITED_SUBQUERY
                && !line.contains("USING");
            scans_table || line.contains("TEMP B-TREE FOR ORDER BY")
        };
        assert!(
            plan.iter().any(|line| line.contains(step)) && !plan.iter().any(costly),
            "{step:?} is not how this goes: {plan:#?}\n{}",
            statement.sql
        );
    }
}

/// The rows of a subquery that has a limit, and is no table.
const LIMITED_SUBQUERY: &str = "SCAN kept";

fn at(ms: i64) -> Timestamp {
    Timestamp::from_unix_ms(ms)
}

fn leased_row() -> Model {
    Model {
        id: "whd_1".to_owned(),
        organization_id: Uuid::nil(),
        event_id: "evt_1".to_owned(),
        endpoint_id: "whe_1".to_owned(),
        encryption_key_id: None,
        state: "delivering".to_owned(),
        due_at: None,
        claimed_at: Some(NOW),
        lease_holder: Some("dispatcher".to_owned()),
        lease_until: Some(NOW),
        attempt_count: 0,
        last_attempt_at: None,
        last_status_code: None,
        last_failure_reason: None,
        payload_reason: "pending_delivery".to_owned(),
        payload_expires_at: Some(NOW),
        payload_scrubbed_at: None,
        created_at: NOW,
        updated_at: NOW,
        purpose: None,
    }
}

fn active_session_row() -> session::Model {
    session::Model {
        id: "vs_1".to_owned(),
        organization_id: Uuid::nil(),
        status: "in_progress".to_owned(),
        failure_code: None,
        nfc_tries_used: 0,
        liveness_tries_used: 0,
        share_contract: "{}".to_owned(),
        redirect_url: None,
        targets: "[]".to_owned(),
        cancel_token_hash: String::new(),
        withdrawn_at: None,
        expires_at: NOW,
        completed_at: None,
        created_at: NOW,
        updated_at: NOW,
        revision: 1,
    }
}

#[tokio::test]
async fn a_claim_walks_the_due_index_and_nothing_else() {
    let scan = DueScan {
        now_ms: NOW,
        after: (i64::MIN, String::new()),
        excluded: &["whe_1".to_owned()],
        full_destinations: &["a.example:443".to_owned()],
        limit: 200,
    };
    let planner = Planner::new().await;
    let by_time = "SEARCH deliveries USING COVERING INDEX deliveries_due (";
    let by_endpoint = "SEARCH deliveries USING COVERING INDEX deliveries_due_of_endpoint (";
    let by_destination =
        "SEARCH endpoints USING COVERING INDEX endpoints_by_destination (destination=?)";
    let dialect = Sqlite;
    let place = DuePlace {
        endpoint_id: &EndpointId::parse("whe_1").unwrap(),
        due_at: at(NOW),
        id: &DeliveryId::parse("whd_1").unwrap(),
    };
    for (statement, step) in [
        (dialect.due_before(ORGANIZATION, place, 10), by_endpoint),
        (dialect.due(&scan), by_time),
        (
            dialect.due(&scan),
            "SEARCH endpoints USING INDEX sqlite_autoindex_endpoints_1 (id=?)",
        ),
        (dialect.due(&scan), by_destination),
        (dialect.due_at_place(&scan, WALKED_PAST_MAX), by_time),
        (dialect.due_of_endpoint("whe_1", &scan), by_endpoint),
    ] {
        planner.check(statement, step).await;
    }
}

#[tokio::test]
async fn a_claim_leases_and_reads_by_key() {
    let planner = Planner::new().await;
    let lease = NewLease {
        claimed_at_ms: NOW,
        holder: "dispatcher",
        until_ms: NOW,
    };
    let by_key = "INDEX sqlite_autoindex_deliveries_1 (id=?)";
    planner.check(Sqlite.lease(&["whd_1"], lease), by_key).await;
    planner.check(Sqlite.payloads(&["whd_1"]), by_key).await;
    let holder = LeaseHolder("dispatcher".to_owned());
    let look = Sqlite.leased_to(&holder, &["whd_1"]);
    planner.check(look, by_key).await;
}

#[tokio::test]
async fn a_settlement_reads_writes_and_scrubs_by_key() {
    let planner = Planner::new().await;
    let by_key = "INDEX sqlite_autoindex_deliveries_1 (id=?)";
    planner.check(sqlite::read_leases(&["whd_1"]), by_key).await;
    planner.check(Sqlite.save(&[leased_row()]), by_key).await;
    let payload_by_key = "SEARCH delivery_payloads USING";
    let delete = Sqlite.delete_payloads(&["whd_1"]);
    planner.check(delete, payload_by_key).await;
}

#[tokio::test]
async fn a_batch_of_reports_reads_and_writes_by_key() {
    let planner = Planner::new().await;
    let by_key = "SEARCH sessions USING INDEX sqlite_autoindex_sessions_1 (id=?)";
    let read = sessions::by_ids::<session::Entity>(&Sqlite, &["vs_1", "vs_2"]);
    planner.check(read, by_key).await;
    let save = sqlite::save_sessions(&[active_session_row()]);
    planner.check(save, by_key).await;
    let read = sessions::by_ids::<attempt::Entity>(&Sqlite, &["va_1"]);
    planner.check(read, "SEARCH attempts USING").await;

    let mut endpoints = Sqlite.fanout_endpoints(&[ORGANIZATION.0]);
    // A few of one organization are sorted.
    endpoints.sql = endpoints.sql.replace("ORDER BY endpoints.id", "");
    for step in [
        "SEARCH endpoints USING INDEX endpoints_newest_first (organization_id=?)",
        "SEARCH encryption_keys USING INDEX encryption_keys_one_active (endpoint_id=?)",
    ] {
        planner.check(endpoints.clone(), step).await;
    }
}

#[tokio::test]
async fn the_dispatchers_looks_use_the_partial_indexes() {
    let planner = Planner::new().await;
    let pending = queue::pending();
    let leased = queue::leased_until(at(NOW), Portion::first(100));
    planner
        .check(pending.build(DbBackend::Sqlite), "INDEX deliveries_due")
        .await;
    planner
        .check(
            leased.build(DbBackend::Sqlite),
            "INDEX deliveries_lease_until",
        )
        .await;
}

#[tokio::test]
async fn the_sweepers_looks_use_the_partial_indexes() {
    let planner = Planner::new().await;
    let payloads = deliveries::expired_payloads(at(NOW), Portion::first(100));
    let overdue = sessions::overdue(at(NOW), Portion::first(100));
    planner
        .check(
            payloads.build(DbBackend::Sqlite),
            "INDEX deliveries_payload_expiry",
        )
        .await;
    planner
        .check(overdue.build(DbBackend::Sqlite), "INDEX sessions_overdue")
        .await;
}

#[tokio::test]
async fn waiting_deliveries_are_resumed_by_the_partial_indexes() {
    let planner = Planner::new().await;
    let endpoint = ResumeScope::Endpoint(EndpointId::parse("whe_1").unwrap());
    for scope in [endpoint, ResumeScope::Organization] {
        let [held, early] = deliveries::resumed(ORGANIZATION, &scope, at(NOW));
        for (change, index) in [
            (held, "INDEX deliveries_held"),
            (
                early,
                "INDEX deliveries_due_of_endpoint (endpoint_id=? AND due_at>?)",
            ),
        ] {
            planner.check(change.build(DbBackend::Sqlite), index).await;
        }
    }
}

#[tokio::test]
async fn lists_walk_an_index_in_the_lists_order() {
    let planner = Planner::new().await;
    let everything = DeliveryFilter::default();
    let of_status = DeliveryFilter {
        status: Some(DeliveryStatus::Pending),
        ..DeliveryFilter::default()
    };
    let of_endpoint = DeliveryFilter {
        endpoint_id: Some(EndpointId::parse("whe_1").unwrap()),
        ..DeliveryFilter::default()
    };
    for (filter, index) in [
        (everything, "deliveries_newest_first"),
        (of_status, "deliveries_newest_first"),
        (of_endpoint, "deliveries_of_endpoint_newest_first"),
    ] {
        for after in [None, Some((NOW, "whd_1".to_owned()))] {
            let rows = deliveries::filtered(ORGANIZATION, &filter);
            let order = (Column::CreatedAt, Column::Id);
            let list = newest_first(rows, order, after).limit(11);
            planner.check(list.build(DbBackend::Sqlite), index).await;
        }
    }
}

#[tokio::test]
async fn a_list_of_endpoints_is_read_by_the_endpoints() {
    let planner = Planner::new().await;
    let ids = ["whe_1", "whe_2"].map(|id| EndpointId::parse(id).unwrap());
    let latest = deliveries::latest(&Sqlite, ORGANIZATION, &ids, 20);
    for step in [
        "INDEX deliveries_of_endpoint_newest_first (endpoint_id=?)",
        "SEARCH deliveries USING INDEX sqlite_autoindex_deliveries_1 (id=?)",
    ] {
        planner.check(latest.clone(), step).await;
    }
    let keys = encryption_keys::with_active_key(&Sqlite, ORGANIZATION, &ids);
    let step = "INDEX encryption_keys_one_active (endpoint_id=?)";
    planner.check(keys, step).await;
}

#[tokio::test]
async fn the_deliveries_of_one_event_are_found_by_the_event() {
    let of_event = DeliveryFilter {
        event_id: Some(EventId::parse("evt_1").unwrap()),
        ..DeliveryFilter::default()
    };
    let rows = deliveries::filtered(ORGANIZATION, &of_event);
    Planner::new()
        .await
        .check(
            rows.build(DbBackend::Sqlite),
            "INDEX deliveries_once_per_endpoint (event_id=? AND organization_id=?)",
        )
        .await;
}

#[tokio::test]
async fn what_failed_is_walked_and_counted_by_the_partial_indexes() {
    let planner = Planner::new().await;
    let anything = FailedFilter {
        since: at(0),
        until: at(NOW),
        endpoint_id: None,
        event_type: None,
        failure_reason: None,
    };
    let narrow = FailedFilter {
        endpoint_id: Some(EndpointId::parse("whe_1").unwrap()),
        event_type: Some(EventType::SessionSucceeded),
        failure_reason: Some(AttemptFailure::HttpStatus),
        ..anything.clone()
    };
    let after = (at(NOW), DeliveryId::parse("whd_1").unwrap());
    for filter in [anything, narrow] {
        for after in [None, Some(&after)] {
            let retained = failed::retained(ORGANIZATION, &filter);
            let walk = failed::in_order(retained, after).limit(500);
            let step = "INDEX deliveries_failed (organization_id=? AND";
            planner.check(walk.build(DbBackend::Sqlite), step).await;
        }
        let gone = failed::gone(ORGANIZATION, &filter);
        let step = "INDEX deliveries_lost (endpoint_id=? AND last_attempt_at>?";
        planner.check(gone.build(DbBackend::Sqlite), step).await;
    }
}

#[tokio::test]
async fn what_needs_a_key_is_counted_by_the_partial_indexes() {
    let planner = Planner::new().await;
    for step in [
        "SEARCH encryption_keys USING COVERING INDEX sqlite_autoindex_encryption_keys_1 (id=?)",
        "SEARCH deliveries USING INDEX deliveries_retained (encryption_key_id=?)",
        "SCAN deliveries USING INDEX deliveries_lease",
    ] {
        let count = Sqlite.retained_of_keys(&["whk_1", "whk_2"], 1000);
        planner.check(count, step).await;
    }
}

#[tokio::test]
async fn revoked_service_tokens_are_found_by_their_ids() {
    Planner::new()
        .await
        .check(
            service_tokens::revoked(&Sqlite, &[Uuid::nil()]),
            "SEARCH service_tokens USING INDEX sqlite_autoindex_service_tokens_1 (id=?)",
        )
        .await;
}

#[tokio::test]
async fn request_counts_are_added_by_key() {
    let counts = BTreeMap::from([(ApiKeyId(Uuid::nil()), 1)]);
    Planner::new()
        .await
        .check(
            Sqlite.count_requests(&counts),
            "SEARCH api_keys USING INDEX sqlite_autoindex_api_keys_1 (id=?)",
        )
        .await;
}

#[tokio::test]
async fn a_sessions_events_are_found_by_the_session() {
    let planner = Planner::new().await;
    let events = Sqlite.events_of_session(&SessionId::parse("vs_1").unwrap());
    let step = "SEARCH events USING INDEX events_by_session (session_id=?)";
    planner.check(events, step).await;
}

#[tokio::test]
async fn the_deliveries_of_an_endpoint_are_dropped_by_the_endpoint() {
    let planner = Planner::new().await;
    let id = EndpointId::parse("whe_1").unwrap();
    let by_endpoint = "INDEX deliveries_of_endpoint_newest_first (endpoint_id=?)";
    let delete = Sqlite.delete_payloads_of_endpoint(&id);
    planner.check(delete, by_endpoint).await;
    let drop = Sqlite.drop_of_endpoint(&id, at(NOW));
    planner.check(drop, by_endpoint).await;
}

#[tokio::test]
async fn purges_walk_the_indexes_by_age() {
    let planner = Planner::new().await;
    let events = purge::purged_events(at(NOW), 100);
    for step in [
        "SEARCH events USING INDEX events_oldest_first (created_at<?)",
        "SEARCH deliveries USING INDEX deliveries_once_per_endpoint (event_id=?)",
    ] {
        planner.check(events.build(DbBackend::Sqlite), step).await;
    }
    let sessions = purge::purged_sessions(at(NOW), 100);
    planner
        .check(
            sessions.build(DbBackend::Sqlite),
            "SEARCH sessions USING INDEX sessions_first_ended (completed_at<?)",
        )
        .await;
    let minimized = purge::minimized_sessions(at(NOW), 100);
    planner
        .check(
            minimized.build(DbBackend::Sqlite),
            "SEARCH sessions USING INDEX sessions_to_minimize (completed_at<?)",
        )
        .await;
}

/// A day of activity.
fn day() -> Span {
    Span {
        from: at(0),
        to: at(NOW),
    }
}

/// Keys of merged activity.
fn activity_keys() -> Vec<ActivityKey> {
    let key = |hour: i64| ActivityKey {
        organization_id: ORGANIZATION,
        endpoint_id: EndpointId::parse("whe_1").ok(),
        resolution: Resolution::Hour,
        at: at(hour * 3_600_000),
        writer: None,
    };
    (0..200).map(key).collect()
}

#[tokio::test]
async fn activity_is_read_and_locked_by_its_key() {
    let planner = Planner::new().await;
    let of = [None, EndpointId::parse("whe_1").ok()];
    let rows = activity::rows_of(ORGANIZATION, &of, day());
    let by_key = "SEARCH endpoint_activity USING INDEX sqlite_autoindex_endpoint_activity_1 \
                  (organization_id=? AND endpoint_id=? AND resolution=? AND bucket_at>? \
                  AND bucket_at<?)";
    planner.check(rows.build(DbBackend::Sqlite), by_key).await;
    let by_hour = activity::by_hour(&Sqlite, ORGANIZATION, &of, day());
    planner.check(by_hour, by_key).await;
    let locked = activity::with_keys(&activity_keys());
    let by_key = "SEARCH endpoint_activity USING INDEX sqlite_autoindex_endpoint_activity_1 \
                  (organization_id=? AND endpoint_id=? AND resolution=? AND bucket_at=? \
                  AND writer=?)";
    planner.check(locked.build(DbBackend::Sqlite), by_key).await;
}

#[tokio::test]
async fn old_activity_is_found_by_its_age_and_taken_by_its_key() {
    let planner = Planner::new().await;
    for step in [
        "SEARCH endpoint_activity USING INDEX endpoint_activity_oldest_first \
         (resolution=? AND bucket_at<?)",
        "INDEX sqlite_autoindex_endpoint_activity_1 (organization_id=? \
         AND endpoint_id=? AND resolution=? AND bucket_at=? AND writer=?)",
    ] {
        let taken = activity::taken(&Sqlite, Resolution::Minute, at(NOW), 200);
        planner.check(taken, step).await;
    }
}

#[tokio::test]
async fn what_waits_is_counted_by_the_partial_indexes() {
    let planner = Planner::new().await;
    let endpoint = EndpointId::parse("whe_1").unwrap();
    for endpoint in [None, Some(&endpoint)] {
        let waiting = activity::waiting(&Sqlite, ORGANIZATION, endpoint, at(NOW), 10_001);
        // What is counted is a table of its own, which is walked and has no index.
        let plan = planner.plan(waiting).await;
        let deliveries: Vec<&str> = plan
            .iter()
            .filter(|line| line.contains(" deliveries "))
            .map(|line| {
                line.split_once("INDEX ")
                    .map_or(line.as_str(), |(_, index)| index)
            })
            .collect();
        for (line, index) in deliveries.iter().zip([
            "deliveries_due_of_endpoint (endpoint_id=?)",
            "deliveries_lease_until",
            "deliveries_held (organization_id=?",
            "deliveries_failed (organization_id=?",
            "deliveries_due_of_endpoint (endpoint_id=? AND due_at<?)",
        ]) {
            assert!(line.starts_with(index), "{plan:#?}");
        }
        assert_eq!(deliveries.len(), 5, "{plan:#?}");
    }
}

#[tokio::test]
async fn an_audit_log_is_read_in_its_orders() {
    let planner = Planner::new().await;
    let in_order = audit::in_order(ORGANIZATION, 100);
    planner
        .check(
            in_order.build(DbBackend::Sqlite),
            "INDEX audit_rows_in_order",
        )
        .await;
    let begins = audit::beginning_before(at(NOW), 100);
    planner
        .check(
            begins.build(DbBackend::Sqlite),
            "SEARCH audit_rows USING INDEX audit_rows_in_order (organization_id=? AND sequence=?)",
        )
        .await;
    let order = (audit_row::Column::CreatedAt, audit_row::Column::Id);
    let after = Some((NOW, "aud_1".to_owned()));
    let rows = audit::rows_of(ORGANIZATION);
    let list = newest_first(rows, order, after).limit(11);
    planner
        .check(
            list.build(DbBackend::Sqlite),
            "INDEX audit_rows_newest_first",
        )
        .await;
}
