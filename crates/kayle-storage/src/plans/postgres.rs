//! How PostgreSQL finds the rows of what is asked often, with twenty thousand deliveries of which
//! half are due.

use kayle_app::ports::store::{DeliveryFilter, Portion, Resolution, ResumeScope};
use kayle_delivery::LeaseHolder;
use kayle_primitives::{EndpointId, EventId};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, DbBackend, QuerySelect, QueryTrait, Statement, TransactionTrait};

use self::server::{on_the_server, server};
use super::{NOW, ORGANIZATION, active_session_row, activity_keys, at, day, leased_row};
use crate::backend::batches::{SettledRow, StepRows};
use crate::backend::dialect::{Dialect, DueScan, NewLease};
use crate::backend::postgres::{self, Postgres};
use crate::due::WALKED_PAST_MAX;
use crate::entities::delivery::Column;
use crate::page::newest_first;
use crate::{SqlStore, StoreOptions, activity, deliveries, gauges, purge, queue};

#[path = "../../tests/postgres/server.rs"]
mod server;

const PENDING: &str = "10000";

/// The tables that grow: none is ever read as a whole.
const GROWING: [&str; 7] = [
    "endpoint_activity",
    "sessions",
    "attempts",
    "deliveries",
    "delivery_payloads",
    "delivery_attempts",
    "events",
];

/// Whether a plan may sort what it found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    /// It is walked in order: sorting would mean reading all of it first.
    OfAnIndex,
    /// Only a batch is sorted, or nothing.
    Any,
}

/// A database for one test.
struct Planner {
    store: SqlStore,
    name: String,
}

impl Planner {
    async fn new() -> Self {
        let name = format!("t_{}", Uuid::new_v4().simple());
        on_the_server(format!("CREATE DATABASE {name} TEMPLATE kayle_template")).await;
        let url = format!("{}/{name}", server());
        let store = SqlStore::connect(&url.parse().unwrap(), &StoreOptions::default()).await;
        let store = store.expect("the database was just made");
        let fill = include_str!("../../fixtures/queue.sql").replace("PENDING", PENDING);
        for sql in [fill.as_str(), "VACUUM ANALYZE"] {
            let filled = store.connection().execute_unprepared(sql).await;
            filled.expect("the statements are right");
        }
        Self { store, name }
    }

    async fn plan(&self, statement: &Statement) -> Vec<String> {
        let values = statement.values.as_ref().map_or(0, |values| values.0.len());
        let nothing = vec!["NULL"; values].join(", ");
        let tx = self.store.connection().begin().await.unwrap();
        let prepare = format!("PREPARE planned AS {}", statement.sql);
        let prepared = tx.execute_unprepared(&prepare).await;
        prepared.expect("the statement is right");
        let explain = format!("EXPLAIN EXECUTE planned ({nothing})").replace(" ()", "");
        let explain = Statement::from_string(DbBackend::Postgres, explain);
        let rows = tx.query_all_raw(explain).await.unwrap();
        tx.execute_unprepared("DEALLOCATE planned").await.unwrap();
        let lines = rows.iter();
        lines
            .map(|row| row.try_get_by_index(0).expect("a plan is text"))
            .collect()
    }

    async fn close(self) {
        self.store.close().await.expect("nothing is under way");
        on_the_server(format!("DROP DATABASE {} WITH (FORCE)", self.name)).await;
    }

    /// Asserts that the plan has `step` in it, and reads no growing table as a whole. It is the plan
    /// for whatever values, as the server makes it for our connections.
    async fn check(&self, statement: Statement, order: Order, step: &str) {
        let plan = self.plan(&statement).await;
        let costly = |line: &String| {
            let reads_whole = GROWING
                .iter()
                .any(|table| line.contains(&format!("Seq Scan on {table} ")));
            reads_whole || (order == Order::OfAnIndex && line.contains("Sort"))
        };
        assert!(
            plan.iter().any(|line| line.contains(step)) && !plan.iter().any(costly),
            "{step:?} is not how this goes: {plan:#?}\n{}",
            statement.sql
        );
    }
}

#[tokio::test]
async fn the_queue_is_walked_by_its_indexes() {
    let planner = Planner::new().await;
    let scan = DueScan {
        now_ms: NOW,
        after: (i64::MIN, String::new()),
        excluded: &["whe_1".to_owned()],
        full_destinations: &["a.example:443".to_owned()],
        limit: 100,
    };
    let dialect = Postgres;
    let by_endpoint = dialect.due_of_endpoint("whe_1", &scan);
    let endpoints = dialect.waiting_endpoints(&scan);
    let place = dialect.due_at_place(&scan, WALKED_PAST_MAX);
    let leased = queue::leased_until(at(NOW), Portion::first(100));
    let next = queue::pending().build(DbBackend::Postgres);
    let expired = deliveries::expired_payloads(at(NOW), Portion::first(100));
    for (statement, order, step) in [
        (
            dialect.due(&scan),
            Order::OfAnIndex,
            "using deliveries_due on",
        ),
        (
            dialect.due(&scan),
            Order::OfAnIndex,
            "using endpoints_by_destination on",
        ),
        (place, Order::OfAnIndex, "using deliveries_due on"),
        (
            by_endpoint,
            Order::OfAnIndex,
            "using deliveries_due_of_endpoint",
        ),
        (endpoints, Order::Any, "using deliveries_due_of_endpoint"),
        (next, Order::OfAnIndex, "using deliveries_due"),
        (
            leased.build(DbBackend::Postgres),
            Order::Any,
            "deliveries_lease_until",
        ),
        (
            expired.build(DbBackend::Postgres),
            Order::OfAnIndex,
            "using deliveries_payload_expiry",
        ),
    ] {
        planner.check(statement, order, step).await;
    }
    planner.close().await;
}

#[tokio::test]
async fn batches_are_read_and_written_by_key() {
    let planner = Planner::new().await;
    let ids: Vec<String> = (10_001..10_101).map(|n| format!("whd_{n:012}")).collect();
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    let lease = NewLease {
        claimed_at_ms: NOW,
        holder: "dispatcher",
        until_ms: NOW,
    };
    let holder = LeaseHolder("dispatcher".to_owned());
    let rows: Vec<_> = (0..100).map(|_| leased_row()).collect();
    for (statement, step) in [
        (Postgres.lease(&ids, lease), "deliveries_pkey"),
        (Postgres.payloads(&ids), "deliveries_pkey"),
        (Postgres.leased_to(&holder, &ids), "deliveries_pkey"),
        (postgres::settle(settled()), "deliveries_pkey"),
        (postgres::settle(settled()), "delivery_payloads_pkey"),
        (postgres::write_steps(&steps()), "sessions_pkey"),
        (Postgres.save(&rows), "deliveries_pkey"),
        (Postgres.delete_payloads(&ids), "delivery_payloads_pkey"),
    ] {
        planner.check(statement, Order::Any, step).await;
    }
    planner.close().await;
}

fn settled() -> Vec<SettledRow> {
    let row = |_| SettledRow {
        delivery: leased_row(),
        holder: "dispatcher".to_owned(),
        attempt: None,
    };
    (0..100).map(row).collect()
}

fn steps() -> StepRows {
    StepRows {
        sessions: (0..100).map(|_| active_session_row()).collect(),
        ..StepRows::default()
    }
}

#[tokio::test]
async fn changes_of_many_find_them_by_an_index() {
    let planner = Planner::new().await;
    let endpoint = EndpointId::parse("whe_1").unwrap();
    let scope = ResumeScope::Endpoint(endpoint.clone());
    // Half of what is pending waits for its time.
    let now = at(NOW - 5000);
    let waiting = deliveries::waiting(ORGANIZATION, &scope, now).build(DbBackend::Postgres);
    let [held, early] = deliveries::resumed(ORGANIZATION, &scope, now);
    let purged = purge::purged_events(at(1), 100);
    for (statement, step) in [
        (waiting.clone(), "deliveries_held"),
        (waiting, "deliveries_due"),
        (held.build(DbBackend::Postgres), "deliveries_held"),
        (early.build(DbBackend::Postgres), "using deliveries_due"),
        (purged.build(DbBackend::Postgres), "events_oldest_first"),
        (
            Postgres.drop_of_endpoint(&endpoint, at(NOW)),
            "deliveries_of_endpoint_newest_first",
        ),
    ] {
        planner.check(statement, Order::Any, step).await;
    }
    planner.close().await;
}

#[tokio::test]
async fn lists_walk_an_index_in_the_lists_order() {
    let planner = Planner::new().await;
    let everything = DeliveryFilter::default();
    let of_endpoint = DeliveryFilter {
        endpoint_id: Some(EndpointId::parse("whe_1").unwrap()),
        ..DeliveryFilter::default()
    };
    for after in [None, Some((NOW - 5000, "whd_1".to_owned()))] {
        for (filter, index) in [
            (&everything, "using deliveries_newest_first"),
            (&of_endpoint, "using deliveries_of_endpoint_newest_first"),
        ] {
            let rows = deliveries::filtered(ORGANIZATION, filter);
            let order = (Column::CreatedAt, Column::Id);
            let list = newest_first(rows, order, after.clone()).limit(11);
            let list = list.build(DbBackend::Postgres);
            planner.check(list, Order::OfAnIndex, index).await;
        }
    }
    let of_event = DeliveryFilter {
        event_id: Some(EventId::parse("evt_000000000001").unwrap()),
        ..DeliveryFilter::default()
    };
    let of_event = deliveries::filtered(ORGANIZATION, &of_event).build(DbBackend::Postgres);
    let by_event = "using deliveries_once_per_endpoint";
    planner.check(of_event, Order::Any, by_event).await;
    planner.close().await;
}

#[tokio::test]
async fn a_list_of_endpoints_is_read_by_the_endpoints() {
    let planner = Planner::new().await;
    let ids = ["whe_1", "whe_2"].map(|id| EndpointId::parse(id).unwrap());
    let latest = deliveries::latest(&Postgres, ORGANIZATION, &ids, 20);
    let index = "using deliveries_of_endpoint_newest_first";
    planner.check(latest, Order::OfAnIndex, index).await;
    planner.close().await;
}

#[tokio::test]
async fn what_needs_a_key_is_counted_by_the_partial_indexes() {
    let planner = Planner::new().await;
    let count = || Postgres.retained_of_keys(&["whk_1", "whk_2"], 1000);
    for step in ["deliveries_retained", "deliveries_lease"] {
        planner.check(count(), Order::Any, step).await;
    }
    planner.close().await;
}

#[tokio::test]
async fn gauges_are_read_by_index() {
    let planner = Planner::new().await;
    let moment = || vec![NOW.into()];
    for (sql, values, index) in [
        (gauges::counting(gauges::DUE), moment(), "deliveries_due"),
        (gauges::counting(gauges::LATER), moment(), "deliveries_due"),
        (gauges::counting(gauges::HELD), vec![], "deliveries_held"),
        (
            gauges::counting(gauges::DELIVERING),
            vec![],
            "deliveries_lease",
        ),
        (
            gauges::counting(gauges::PAYLOADS),
            vec![],
            "deliveries_payload_expiry",
        ),
        (
            gauges::counting(gauges::PAYLOADS_OVERDUE),
            moment(),
            "deliveries_payload_expiry",
        ),
        (
            gauges::FULL_ENDPOINTS.to_owned(),
            vec![32_i64.into(), 64_i64.into()],
            "deliveries_lease",
        ),
        (
            gauges::OLDEST_FROM_ENDPOINT.to_owned(),
            vec!["whe_1".into()],
            "deliveries_due_of_endpoint",
        ),
    ] {
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
        planner.check(statement, Order::Any, index).await;
    }
    planner.close().await;
}

#[tokio::test]
async fn activity_is_found_by_its_key_and_its_age() {
    let planner = Planner::new().await;
    let filled = "INSERT INTO endpoint_activity \
        SELECT '00000000-0000-0000-0000-000000000000', 'whe_' || n % 1000, \
        CASE n / 1000 % 2 WHEN 0 THEN 60 ELSE 3600 END, 3600000 * (n / 1000), '', \
        0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, '[]', '[]' FROM generate_series(1, 20000) AS n";
    for sql in [filled, "ANALYZE endpoint_activity"] {
        let ran = planner.store.connection().execute_unprepared(sql).await;
        ran.expect("the statements are right");
    }
    let of = [None, EndpointId::parse("whe_1").ok()];
    let rows = activity::rows_of(ORGANIZATION, &of, day()).build(DbBackend::Postgres);
    let locked = activity::with_keys(&activity_keys()).lock_exclusive();
    let by_hour = activity::by_hour(&Postgres, ORGANIZATION, &of, day());
    let taken = activity::taken(&Postgres, Resolution::Minute, at(NOW), 200);
    let since = Postgres.statement(activity::KNOWN_SINCE, vec!["m".into()]);
    for (statement, step) in [
        (rows, "endpoint_activity_pkey"),
        (by_hour, "endpoint_activity_pkey"),
        (locked.build(DbBackend::Postgres), "endpoint_activity_pkey"),
        (taken.clone(), "endpoint_activity_oldest_first"),
        (taken, "endpoint_activity_pkey"),
        (since, "endpoint_activity_oldest_first"),
    ] {
        planner.check(statement, Order::Any, step).await;
    }
    planner.close().await;
}

#[tokio::test]
async fn what_waits_is_counted_by_the_partial_indexes() {
    let planner = Planner::new().await;
    let endpoint = EndpointId::parse("whe_1").unwrap();
    for endpoint in [None, Some(&endpoint)] {
        for index in [
            "deliveries_due_of_endpoint",
            "deliveries_lease",
            "deliveries_held",
            "deliveries_failed",
        ] {
            let waiting = activity::waiting(&Postgres, ORGANIZATION, endpoint, at(NOW), 10_001);
            planner.check(waiting, Order::Any, index).await;
        }
    }
    planner.close().await;
}
