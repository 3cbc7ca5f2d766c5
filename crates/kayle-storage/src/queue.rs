//! The queue in SQL: each method is one transaction of a few statements, however many rows.
//!
//! One row that cannot be read must not stop the queue for all others: a claim and a look at
//! expired leases report it and go on without it. A claimed delivery whose endpoint, event or bytes
//! cannot be read is taken over when its lease has run out, and its schedule ends it; one that
//! cannot be read itself waits for an operator. What a claim takes is chosen in `due`; settlements
//! are written in `settle`.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::str::FromStr;

use async_trait::async_trait;
use kayle_app::ports::queue::{
    ClaimRequest, Claimed, ClaimedEndpoint, DeliveryQueue, ExpiredLease, Settled, Settlement,
};
use kayle_app::ports::store::{Batch, Portion, StoreError, report_damage};
use kayle_delivery::{CompactJwe, Delivery, LeaseHolder};
use kayle_endpoints::DeliveryPolicy;
use kayle_primitives::{DeliveryId, EndpointId, Timestamp};
use kayle_sessions::SessionStatus;
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, IdenStatic, QueryFilter, QueryOrder, QueryResult,
    QuerySelect, QueryTrait, Select,
};

use crate::backend::dialect::NewLease;
use crate::deliveries::in_state;
use crate::due::{Choice, Chosen};
use crate::entities::delivery::{Column, Entity, Model, state};
use crate::entities::values::{Row, at};
use crate::entities::{delivery_payload, endpoint, event};
use crate::error::store_error;
use crate::readable::{decode, portion_of, read_all, read_statement};
use crate::settle::held_back;
use crate::store::{SqlStore, SqlTx};

#[async_trait]
impl DeliveryQueue for SqlStore {
    async fn claim_due(&self, request: &ClaimRequest) -> Result<Vec<Claimed>, StoreError> {
        let tx = self.begin_write().await?;
        let mut choice = Choice::new(request);
        let mut claimed = Vec::new();
        loop {
            let chosen = tx.choose(&mut choice).await?;
            if chosen.is_empty() {
                break;
            }
            let Leased { claims, refused } = tx.lease(&chosen, request).await?;
            claimed.extend(claims);
            if refused.is_empty() {
                break;
            }
            // What lies behind them is due as well.
            tx.report_all(&refused).await?;
            choice.put_back(&refused.iter().map(String::as_str).collect());
        }
        tx.commit().await?;
        Ok(claimed)
    }

    async fn still_leased_to(
        &self,
        holder: &LeaseHolder,
        ids: &[DeliveryId],
    ) -> Result<Vec<DeliveryId>, StoreError> {
        let ids: Vec<&str> = ids.iter().map(DeliveryId::as_str).collect();
        let held = self.readers.dialect().leased_to(holder, &ids);
        let held = self.readers.query_all_raw(held).await;
        let held = held.map_err(store_error)?;
        let held = held.iter().map(|row| {
            let id: String = row.try_get("", "id").map_err(store_error)?;
            delivery_row(&id).id("id", &id)
        });
        held.collect()
    }

    async fn settle(&self, settlements: &[Settlement]) -> Result<Vec<Settled>, StoreError> {
        if settlements.is_empty() {
            return Ok(Vec::new());
        }
        let tx = if held_back(settlements).is_empty() {
            self.begin_statement().await?
        } else {
            self.begin_write().await?
        };
        let settled = tx.settle(settlements).await?;
        tx.commit().await?;
        Ok(settled)
    }

    async fn expired_leases(
        &self,
        now: Timestamp,
        portion: Portion,
    ) -> Result<Batch<ExpiredLease>, StoreError> {
        let connection = &*self.readers;
        let rows = leased_until(now, portion);
        let deliveries = read_all(connection, rows, Model::into_domain).await?;
        let endpoint_ids = deliveries
            .items
            .iter()
            .map(|delivery| delivery.endpoint_id.as_str());
        let endpoints = endpoints_by_id(connection, endpoint_ids).await?;
        let expired = |delivery: Delivery| {
            let endpoint = endpoints.get(delivery.endpoint_id.as_str());
            ExpiredLease {
                policy: policy_of(endpoint.and_then(Option::as_ref)),
                delivery,
            }
        };
        Ok(Batch {
            items: deliveries.items.into_iter().map(expired).collect(),
            unreadable: deliveries.unreadable,
        })
    }

    async fn policies(
        &self,
        endpoints: &BTreeSet<EndpointId>,
    ) -> Result<BTreeMap<EndpointId, DeliveryPolicy>, StoreError> {
        let ids = endpoints.iter().map(EndpointId::as_str);
        let found = endpoints_by_id(&*self.readers, ids).await?;
        let policies = endpoints.iter().filter_map(|id| {
            let policy = match found.get(id.as_str()) {
                Some(Some(endpoint)) => readable(policy_at_settlement(endpoint))?,
                Some(None) => return None,
                None => DeliveryPolicy::OF_A_DELETED_ENDPOINT,
            };
            Some((id.clone(), policy))
        });
        Ok(policies.collect())
    }

    async fn next_due_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let connection = &*self.readers;
        let first = pending().limit(1).build(connection.get_database_backend());
        let first = connection.query_one_raw(first).await;
        // Without a time that can be read, the next look comes a second later.
        let due_at = first
            .map_err(store_error)?
            .and_then(|row| row.try_get::<i64>("", Column::DueAt.as_str()).ok());
        Ok(due_at.map(at))
    }
}

/// Asks for what is leased until `now` or less.
pub(crate) fn leased_until(now: Timestamp, portion: Portion) -> Select<Entity> {
    let rows = Entity::find()
        .filter(in_state(state::DELIVERING))
        .filter(Column::LeaseUntil.lte(now.unix_ms()))
        .order_by_asc(Column::LeaseUntil)
        .order_by_asc(Column::Id);
    portion_of(rows, portion)
}

/// Asks for the times at which what is pending is due, the first one first.
pub(crate) fn pending() -> Select<Entity> {
    Entity::find()
        .select_only()
        .column(Column::DueAt)
        .filter(in_state(state::PENDING))
        .order_by_asc(Column::DueAt)
}

impl SqlTx {
    /// Puts the request's lease on deliveries, and reads what their attempts need.
    async fn lease(&self, chosen: &[Chosen], request: &ClaimRequest) -> Result<Leased, StoreError> {
        let ids: Vec<&str> = chosen.iter().map(|chosen| chosen.id.as_str()).collect();
        let lease = NewLease {
            claimed_at_ms: request.now.unix_ms(),
            holder: &request.lease.holder.0,
            until_ms: request.lease.until.unix_ms(),
        };
        let leased = self.dialect().lease(&ids, lease);
        let leased = read_statement::<Entity, _, _>(self.connection(), leased, Ok).await?;
        let is_leased = |id: &str| {
            leased.items.iter().any(|row| row.id == id)
                || leased.unreadable.iter().any(|unreadable| unreadable == id)
        };
        let refused = ids.iter().filter(|id| !is_leased(id));
        let refused = refused.map(|id| (*id).to_owned()).collect();
        let leased = leased.items;
        let mut payloads = self.payloads(&ids).await?;
        let endpoint_ids = leased.iter().map(|delivery| delivery.endpoint_id.as_str());
        let endpoints = endpoints_by_id(self.connection(), endpoint_ids).await?;
        let mut leased: HashMap<String, Model> = leased
            .into_iter()
            .map(|row| (row.id.clone(), row))
            .collect();
        let claimed = chosen.iter().filter_map(|Chosen { id, due_at }| {
            // One that could not be read was reported.
            let delivery = leased.remove(id)?;
            let payload = payloads.remove(id);
            let payload = delivery_row(id).present("event_id", payload);
            let claimed =
                payload.and_then(|payload| claimed(delivery, *due_at, payload?, &endpoints));
            claimed.inspect_err(report_damage).ok().flatten()
        });
        Ok(Leased {
            claims: claimed.collect(),
            refused,
        })
    }

    /// Reports deliveries that take no lease: they cannot be read either.
    async fn report_all(&self, ids: &[String]) -> Result<(), StoreError> {
        let rows = Entity::find().filter(Column::Id.is_in(ids));
        let read = read_all(self.connection(), rows, Model::into_domain).await;
        read.map(drop)
    }

    /// Reads what deliveries bring, by their ids.
    async fn payloads(
        &self,
        ids: &[&str],
    ) -> Result<HashMap<String, Result<StoredPayload, StoreError>>, StoreError> {
        let payloads = self.dialect().payloads(ids);
        let rows = self.connection().query_all_raw(payloads).await;
        let rows = rows.map_err(store_error)?;
        let by_delivery = rows.iter().filter_map(|row| {
            let id: String = row.try_get("", "delivery_id").ok()?;
            Some((id.clone(), StoredPayload::read(row, id)))
        });
        Ok(by_delivery.collect())
    }
}

/// Reads endpoints by their ids: `None` for one that is there and cannot be read. Deleted ones are
/// missing.
async fn endpoints_by_id<C: ConnectionTrait>(
    connection: &C,
    ids: impl Iterator<Item = &str>,
) -> Result<HashMap<String, Option<endpoint::Model>>, StoreError> {
    let ids: HashSet<&str> = ids.collect();
    if ids.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = endpoint::Entity::find()
        .filter(endpoint::Column::Id.is_in(ids))
        .filter(endpoint::Column::DeletedAt.is_null());
    let Batch { items, unreadable } = read_all(connection, rows, Ok).await?;
    let readable = items.into_iter().map(|row| (row.id.clone(), Some(row)));
    let unreadable = unreadable.into_iter().map(|id| (id, None));
    Ok(readable.chain(unreadable).collect())
}

/// What came of leasing what was chosen.
struct Leased {
    claims: Vec<Claimed>,
    /// What takes no lease, because its row breaks a rule of the schema.
    refused: Vec<String>,
}

/// What a delivery brings, and what may forbid to send it.
struct StoredPayload {
    delivery_id: String,
    event: event::Model,
    jwe: Option<String>,
    session_status: Option<String>,
    session_withdrawn_at: Option<i64>,
    organization_pending_deletion_at: Option<i64>,
}

impl StoredPayload {
    fn read(row: &QueryResult, delivery_id: String) -> Result<Self, StoreError> {
        let payload = Row {
            table: "delivery_payloads",
            id: &delivery_id,
        };
        let jwe = payload.parsed("jwe", row.try_get("", "jwe"))?;
        let event = decode::<event::Entity>(row, "event_")?;
        let session = Row {
            table: "sessions",
            id: &event.session_id,
        };
        let session_status = session.parsed("status", row.try_get("", "session_status"))?;
        let session_withdrawn_at =
            session.parsed("withdrawn_at", row.try_get("", "session_withdrawn_at"))?;
        let organization = Row {
            table: "organizations",
            id: &event.organization_id,
        };
        let organization_pending_deletion_at = organization.parsed(
            "pending_deletion_at",
            row.try_get("", "organization_pending_deletion_at"),
        )?;
        Ok(Self {
            delivery_id,
            event,
            jwe,
            session_status,
            session_withdrawn_at,
            organization_pending_deletion_at,
        })
    }

    /// Returns whether the session was withdrawn or cancelled; a purged one was neither.
    fn is_suppressed(&self) -> Result<bool, StoreError> {
        let Some(status) = &self.session_status else {
            return Ok(false);
        };
        let row = Row {
            table: "sessions",
            id: &self.event.session_id,
        };
        let status = row.parsed("status", SessionStatus::from_str(status))?;
        Ok(status.is_suppressed(self.session_withdrawn_at.is_some()))
    }
}

/// Puts together what was claimed; `None` if its endpoint cannot be read, which was reported.
fn claimed(
    delivery: Model,
    due_at: Timestamp,
    stored: StoredPayload,
    endpoints: &HashMap<String, Option<endpoint::Model>>,
) -> Result<Option<Claimed>, StoreError> {
    let endpoint = match endpoints.get(&delivery.endpoint_id) {
        Some(Some(endpoint)) => Some(endpoint),
        Some(None) => return Ok(None),
        None => None,
    };
    let session_suppressed = stored.is_suppressed()?;
    let payload = Row {
        table: "delivery_payloads",
        id: &stored.delivery_id,
    };
    let payload = delivery_payload::Model {
        jwe: payload.present("jwe", stored.jwe)?,
        delivery_id: stored.delivery_id,
    };
    payload.check()?;
    Ok(Some(Claimed {
        delivery: delivery.into_domain()?,
        due_at,
        event: stored.event.into_domain()?,
        jwe: CompactJwe::new(payload.jwe),
        endpoint: endpoint.map(claimed_endpoint).transpose()?,
        session_suppressed,
        organization_frozen: stored.organization_pending_deletion_at.is_some(),
    }))
}

fn claimed_endpoint(row: &endpoint::Model) -> Result<ClaimedEndpoint, StoreError> {
    Ok(ClaimedEndpoint {
        endpoint: row.to_domain()?,
        signing_secret: row.signing_secret(),
    })
}

/// Reads an endpoint's policy. What cannot be read of it is as if the endpoint were gone.
fn policy_of(endpoint: Option<&endpoint::Model>) -> DeliveryPolicy {
    let gone = DeliveryPolicy::OF_A_DELETED_ENDPOINT;
    let retry_schedule = endpoint.and_then(|endpoint| readable(endpoint.retry_schedule()));
    let retention = endpoint.and_then(|endpoint| readable(endpoint.retention()));
    DeliveryPolicy {
        retry_schedule: retry_schedule.unwrap_or(gone.retry_schedule),
        retention: retention.unwrap_or(gone.retention),
    }
}

/// Reads an endpoint's policy if all of it can be read.
fn policy_at_settlement(endpoint: &endpoint::Model) -> Result<DeliveryPolicy, StoreError> {
    Ok(DeliveryPolicy {
        retry_schedule: endpoint.retry_schedule()?,
        retention: endpoint.retention()?,
    })
}

fn readable<T>(read: Result<T, StoreError>) -> Option<T> {
    read.inspect_err(report_damage).ok()
}

fn delivery_row(id: &String) -> Row<'_> {
    Row {
        table: "deliveries",
        id,
    }
}
