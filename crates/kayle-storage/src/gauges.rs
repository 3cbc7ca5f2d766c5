//! What operators are shown of the database: how old the oldest due delivery is, and how much there
//! is of what.
//!
//! Every statement goes by an index and ends after a bounded number of rows, so that it costs the
//! same however long the backlog is. Counts stop at [`COUNTED_MAX`].

use std::collections::HashSet;
use std::time::Duration;

use async_trait::async_trait;
use kayle_app::ports::store::{FullAt, Gauges, OrganizationLoad, StoreError, SystemReads};
use kayle_primitives::{OrganizationId, Timestamp};
use sea_orm::prelude::Uuid;
use sea_orm::{ConnectionTrait, DbErr, QueryResult, Statement, Value};

use crate::backend::dialect::DueScan;
use crate::entities::values::at;
use crate::error::store_error;
use crate::readable::as_u64;
use crate::store::SqlStore;

/// Beyond this it makes no difference to anybody how many there are.
pub const COUNTED_MAX: u64 = 100_000;

/// What should have been done by age and was not for so long is overdue: several sweeps have passed.
pub const OVERDUE_AFTER: Duration = Duration::from_mins(5);

pub(crate) const FULL_ENDPOINTS: &str = "\
SELECT endpoint_id FROM deliveries WHERE state = 'delivering' \
GROUP BY endpoint_id HAVING count(*) >= $1 \
UNION SELECT id FROM endpoints WHERE destination IN (\
SELECT destination FROM deliveries JOIN endpoints ON endpoints.id = endpoint_id \
WHERE state = 'delivering' GROUP BY destination HAVING count(*) >= $2)";

/// Finds the first delivery of an endpoint or, if none is pending there, of one behind it in the
/// index. Were only the endpoint's asked for, PostgreSQL would sometimes walk the whole queue in the
/// order of time until it meets one.
pub(crate) const OLDEST_FROM_ENDPOINT: &str = "\
SELECT endpoint_id, due_at FROM deliveries WHERE state = 'pending' AND endpoint_id >= $1 \
ORDER BY endpoint_id, due_at LIMIT 1";

pub(crate) const DUE: &str = "SELECT 1 FROM deliveries WHERE state = 'pending' AND due_at <= $1";
pub(crate) const LATER: &str = "SELECT 1 FROM deliveries WHERE state = 'pending' AND due_at > $1";
pub(crate) const HELD: &str =
    "SELECT 1 FROM deliveries WHERE state = 'held' AND organization_id IS NOT NULL";
pub(crate) const DELIVERING: &str = "SELECT 1 FROM deliveries WHERE state = 'delivering'";
pub(crate) const PAYLOADS: &str = "SELECT 1 FROM deliveries WHERE payload_expires_at IS NOT NULL";
pub(crate) const PAYLOADS_OVERDUE: &str = "SELECT 1 FROM deliveries WHERE payload_expires_at < $1";
const SESSIONS_OVERDUE: &str = "\
SELECT 1 FROM sessions WHERE status IN ('created', 'in_progress') AND expires_at < $1";

const FIRST_NODE: &str = "SELECT id FROM nodes WHERE seen_at > $1 ORDER BY id LIMIT 1";

/// Adds up the minutes since a moment. Values: the moment, how many organizations.
pub(crate) const BUSIEST: &str = "\
SELECT organizations.id AS id, organizations.name AS name, \
created, attempts, failed FROM (\
SELECT organization_id, CAST(sum(created) AS bigint) AS created, \
CAST(sum(http_2xx + http_3xx + http_4xx + http_5xx + timeout + unreachable + blocked + interrupted) \
AS bigint) AS attempts, \
CAST(sum(http_3xx + http_4xx + http_5xx + timeout + unreachable + blocked + interrupted) \
AS bigint) AS failed FROM endpoint_activity \
WHERE resolution = 60 AND bucket_at >= $1 AND endpoint_id = '' \
GROUP BY organization_id ORDER BY created DESC, organization_id LIMIT $2) AS loads \
JOIN organizations ON organizations.id = organization_id ORDER BY created DESC, id";

#[async_trait]
impl SystemReads for SqlStore {
    async fn gauges(&self, now: Timestamp, full_at: FullAt) -> Result<Gauges, StoreError> {
        Self::gauges(self, now, full_at).await
    }

    async fn busiest_organizations(
        &self,
        since: Timestamp,
        limit: usize,
    ) -> Result<Vec<OrganizationLoad>, StoreError> {
        let values = vec![since.unix_ms().into(), as_u64(limit).into()];
        let rows = self.ask_for_gauge(BUSIEST, values).await?;
        let loads = rows.iter().map(|row| {
            let count = |column| {
                let count: i64 = row.try_get("", column)?;
                Ok::<u64, DbErr>(count.unsigned_abs())
            };
            Ok(OrganizationLoad {
                organization_id: OrganizationId(row.try_get("", "id")?),
                name: row.try_get("", "name")?,
                created: count("created")?,
                attempts: count("attempts")?,
                failed_attempts: count("failed")?,
            })
        });
        loads.collect::<Result<_, _>>().map_err(store_error)
    }
}

impl SqlStore {
    /// Reads the gauges. An endpoint has no room if as many requests are under way to it, or to its
    /// destination, as `full_at` says.
    pub async fn gauges(&self, now: Timestamp, full_at: FullAt) -> Result<Gauges, StoreError> {
        let full = self.full_endpoints(full_at).await?;
        let (oldest_due_with_room, oldest_due_of_full) = self.oldest_due(now, &full).await?;
        let moment = || vec![now.unix_ms().into()];
        let overdue = || vec![now.minus(OVERDUE_AFTER).unix_ms().into()];
        Ok(Gauges {
            oldest_due_with_room,
            oldest_due_of_full,
            due: self.count_up_to_a_limit(DUE, moment()).await?,
            later: self.count_up_to_a_limit(LATER, moment()).await?,
            held: self.count_up_to_a_limit(HELD, vec![]).await?,
            delivering: self.count_up_to_a_limit(DELIVERING, vec![]).await?,
            payloads: self.count_up_to_a_limit(PAYLOADS, vec![]).await?,
            payloads_overdue: self
                .count_up_to_a_limit(PAYLOADS_OVERDUE, overdue())
                .await?,
            sessions_overdue: self
                .count_up_to_a_limit(SESSIONS_OVERDUE, overdue())
                .await?,
        })
    }

    /// Returns whether this node is the first, by its id, of those that were seen since a moment:
    /// what one node does for all is its turn.
    pub async fn is_first_node(&self, id: Uuid, since: Timestamp) -> Result<bool, StoreError> {
        let rows = self
            .ask_for_gauge(FIRST_NODE, vec![since.unix_ms().into()])
            .await?;
        let first = rows.first().map(|row| row.try_get::<Uuid>("", "id"));
        let first = first.transpose().map_err(store_error)?;
        Ok(first == Some(id))
    }

    async fn full_endpoints(&self, full_at: FullAt) -> Result<HashSet<String>, StoreError> {
        let values = [full_at.endpoint, full_at.destination];
        let values = values.map(|at| i64::try_from(at).unwrap_or(i64::MAX).into());
        let rows = self.ask_for_gauge(FULL_ENDPOINTS, values.into()).await?;
        let ids = rows.iter().map(|row| row.try_get("", "endpoint_id"));
        ids.collect::<Result<_, _>>().map_err(store_error)
    }

    /// Returns when the oldest due delivery was due, of endpoints with room and of full ones.
    async fn oldest_due(
        &self,
        now: Timestamp,
        full: &HashSet<String>,
    ) -> Result<(Option<Timestamp>, Option<Timestamp>), StoreError> {
        let scan = DueScan {
            now_ms: now.unix_ms(),
            after: (i64::MIN, String::new()),
            excluded: &[],
            full_destinations: &[],
            limit: as_u64(full.len()) + 1,
        };
        let waiting = self.readers.dialect().waiting_endpoints(&scan);
        let waiting = self.readers.query_all_raw(waiting).await;
        let waiting: Result<Vec<String>, _> = waiting
            .map_err(store_error)?
            .iter()
            .map(|row| row.try_get("", "endpoint_id"))
            .collect();
        let waiting = waiting.map_err(store_error)?;
        let with_room = waiting.iter().find(|id| !full.contains(*id));
        let of_full = waiting.iter().find(|id| full.contains(*id));
        Ok((
            self.oldest_of(with_room).await?,
            self.oldest_of(of_full).await?,
        ))
    }

    async fn oldest_of(
        &self,
        endpoint_id: Option<&String>,
    ) -> Result<Option<Timestamp>, StoreError> {
        let Some(endpoint_id) = endpoint_id else {
            return Ok(None);
        };
        let rows = self
            .ask_for_gauge(OLDEST_FROM_ENDPOINT, vec![endpoint_id.clone().into()])
            .await?;
        let own = rows.first().filter(|row| {
            let found = row.try_get::<String>("", "endpoint_id");
            found.is_ok_and(|found| found == *endpoint_id)
        });
        let due_at = own.map(|row| row.try_get::<i64>("", "due_at"));
        Ok(due_at.transpose().map_err(store_error)?.map(at))
    }

    async fn count_up_to_a_limit(&self, rows: &str, values: Vec<Value>) -> Result<u64, StoreError> {
        let sql = counting(rows);
        let counted = self.ask_for_gauge(&sql, values).await?;
        let counted = counted.first().map(|row| row.try_get::<i64>("", "counted"));
        let counted = counted.transpose().map_err(store_error)?;
        Ok(counted.unwrap_or_default().unsigned_abs())
    }

    async fn ask_for_gauge(
        &self,
        sql: &str,
        values: Vec<Value>,
    ) -> Result<Vec<QueryResult>, StoreError> {
        let backend = self.readers.get_database_backend();
        let statement = Statement::from_sql_and_values(backend, sql, values);
        let rows = self.readers.query_all_raw(statement).await;
        rows.map_err(store_error)
    }
}

/// Returns what counts the rows of a statement, up to [`COUNTED_MAX`].
pub(crate) fn counting(rows: &str) -> String {
    format!("SELECT count(*) AS counted FROM ({rows} LIMIT {COUNTED_MAX}) AS found")
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use kayle_app::ports::queue::{ClaimRequest, DeliveryQueue, Room};
    use kayle_app::ports::store::{ActivityKey, ActivityRow, Node, NodeRole, Resolution, Store};
    use kayle_delivery::activity::Activity;
    use kayle_delivery::{Lease, LeaseHolder};
    use kayle_testkit::builders::Builders;
    use kayle_testkit::seed::Seed;
    use migration::{Migrator, MigratorTrait};

    use super::*;
    use crate::StoreOptions;

    struct House {
        store: SqlStore,
        seed: Seed,
        _folder: tempfile::TempDir,
    }

    impl House {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let url = format!("sqlite://{}/kayle.db?mode=rwc", folder.path().display());
            let store = SqlStore::connect(&url.parse().unwrap(), &StoreOptions::default()).await;
            let store = store.unwrap();
            Migrator::up(store.connection(), None).await.unwrap();
            Self {
                seed: Seed {
                    make: Builders::default(),
                    store: Arc::new(store.clone()),
                },
                store,
                _folder: folder,
            }
        }

        async fn gauges(&self, endpoint: usize) -> Gauges {
            let full_at = FullAt {
                endpoint,
                destination: 100,
            };
            let now = self.seed.make.now();
            self.store.gauges(now, full_at).await.unwrap()
        }

        async fn claim(&self, count: usize) {
            let now = self.seed.make.now();
            let claim = ClaimRequest {
                now,
                lease: Lease {
                    holder: LeaseHolder("a".to_owned()),
                    until: now.plus(Duration::from_mins(1)),
                },
                room: Room {
                    total: count,
                    per_endpoint: count,
                    busy_endpoints: std::collections::BTreeMap::new(),
                    per_destination: count,
                    busy_destinations: std::collections::BTreeMap::new(),
                },
            };
            assert_eq!(self.store.claim_due(&claim).await.unwrap().len(), count);
        }
    }

    #[tokio::test]
    async fn an_empty_database_has_nothing_due() {
        assert_eq!(House::new().await.gauges(1).await, Gauges::default());
    }

    #[tokio::test]
    async fn what_waits_for_a_full_endpoint_is_told_from_what_waits_for_the_service() {
        let house = House::new().await;
        let organization = house.seed.organization().await;
        let slow = house.seed.subscriber(&organization).await;
        let first_due = house.seed.make.now();
        house.seed.delivery(&slow).await;
        house.seed.delivery(&slow).await;
        house.claim(1).await;
        house.seed.make.clock.advance(Duration::from_secs(9));
        let other = house.seed.subscriber(&organization).await;
        let other_due = house.seed.make.now();
        house.seed.delivery(&other).await;
        house.seed.make.clock.advance(Duration::from_secs(1));

        let gauges = house.gauges(1).await;
        assert_eq!(gauges.oldest_due_of_full, Some(first_due));
        assert_eq!(gauges.oldest_due_with_room, Some(other_due));
        assert_eq!((gauges.due, gauges.delivering, gauges.later), (2, 1, 0));
        assert_eq!(gauges.payloads, 3);
        let gauges = house.gauges(2).await;
        assert_eq!(gauges.oldest_due_with_room, Some(first_due));
        assert_eq!(gauges.oldest_due_of_full, None);
    }

    #[tokio::test]
    async fn what_waits_for_a_full_destination_does_not_wait_for_the_service() {
        let house = House::new().await;
        let organization = house.seed.organization().await;
        let first_due = house.seed.make.now();
        for path in ["a", "b"] {
            let url = format!("https://shared.example/{path}");
            let subscriber = house.seed.subscriber_at(&organization, &url).await;
            house.seed.delivery(&subscriber).await;
        }
        house.claim(1).await;
        for (destination, full, with_room) in
            [(1, Some(first_due), None), (2, None, Some(first_due))]
        {
            let full_at = FullAt {
                endpoint: 100,
                destination,
            };
            let now = house.seed.make.now();
            let gauges = house.store.gauges(now, full_at).await.unwrap();
            assert_eq!(gauges.oldest_due_of_full, full);
            assert_eq!(gauges.oldest_due_with_room, with_room);
        }
    }

    #[tokio::test]
    async fn the_organizations_with_the_most_deliveries_come_first() {
        let house = House::new().await;
        let now = house.seed.make.now();
        let minutes_ago = |minutes| now.minus(Duration::from_mins(minutes));
        let mut rows = Vec::new();
        let mut organizations = Vec::new();
        for (made, at) in [
            (3, now),
            (7, minutes_ago(9)),
            (99, minutes_ago(11)),
            (5, now),
        ] {
            let organization = house.seed.organization().await;
            let mut activity = Activity::default();
            activity.deliveries.created = made;
            activity.attempts.http_2xx = made;
            activity.attempts.timeout = 1;
            let key = ActivityKey {
                organization_id: organization.id,
                endpoint_id: None,
                resolution: Resolution::Minute,
                at,
                writer: Some(Uuid::nil()),
            };
            let of_endpoint = ActivityKey {
                endpoint_id: kayle_primitives::EndpointId::parse("whe_1").ok(),
                ..key.clone()
            };
            for key in [key, of_endpoint] {
                let activity = activity.clone();
                rows.push(ActivityRow { key, activity });
            }
            organizations.push(organization);
        }
        let mut tx = house.store.begin().await.unwrap();
        tx.save_activity(&rows).await.unwrap();
        tx.commit().await.unwrap();
        let load = |place: usize, created| OrganizationLoad {
            organization_id: organizations[place].id,
            name: organizations[place].name.clone(),
            created,
            attempts: created + 1,
            failed_attempts: 1,
        };
        let busiest = house.store.busiest_organizations(minutes_ago(10), 2);
        assert_eq!(busiest.await.unwrap(), [load(1, 7), load(3, 5)]);
    }

    #[tokio::test]
    async fn a_payload_is_overdue_five_minutes_after_its_end() {
        let house = House::new().await;
        let organization = house.seed.organization().await;
        let subscriber = house.seed.subscriber(&organization).await;
        house.seed.delivery(&subscriber).await;
        house
            .seed
            .make
            .clock
            .advance(Duration::from_hours(24 * 365));
        let gauges = house.gauges(1).await;
        assert_eq!((gauges.payloads_overdue, gauges.payloads), (1, 1));
    }

    #[tokio::test]
    async fn one_of_the_nodes_that_are_there_is_the_first() {
        let house = House::new().await;
        let now = house.seed.make.now();
        let ids = [3, 1, 2].map(Uuid::from_u128);
        for (id, seen_at) in ids
            .into_iter()
            .zip([now, now.minus(Duration::from_mins(1)), now])
        {
            let mut tx = house.store.begin().await.unwrap();
            let node = Node {
                id,
                role: NodeRole::All,
                version: "1.0.0".to_owned(),
                key_ids: Vec::new(),
                seen_at,
            };
            tx.save_node(&node).await.unwrap();
            tx.commit().await.unwrap();
        }
        let since = now.minus(Duration::from_secs(15));
        let mut turns = Vec::new();
        for id in ids {
            turns.push(house.store.is_first_node(id, since).await.unwrap());
        }
        assert_eq!(
            turns,
            [false, false, true],
            "the one that is gone has no turn"
        );
    }
}
