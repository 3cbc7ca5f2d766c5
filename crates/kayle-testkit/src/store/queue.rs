//! The queue in memory: each method is one transaction.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use kayle_app::ports::queue::{
    ClaimRequest, Claimed, ClaimedEndpoint, DeliveryQueue, ExpiredLease, Settled, Settlement,
};
use kayle_app::ports::store::{Batch, Portion, StoreError};
use kayle_delivery::{Delivery, DeliveryState, Input, Lease, LeaseHolder, Step, step};
use kayle_endpoints::DeliveryPolicy;
use kayle_primitives::{DeliveryId, EndpointId, Timestamp};
use kayle_sessions::Session;

use super::MemoryStore;
use super::page::cut;
use super::tables::Tables;

#[async_trait]
impl DeliveryQueue for MemoryStore {
    async fn claim_due(&self, request: &ClaimRequest) -> Result<Vec<Claimed>, StoreError> {
        let _turn = self.turn.lock().await;
        self.committed.change(|tables| {
            let claimed = chosen(tables, request)
                .into_iter()
                .map(|(due_at, delivery)| complete(tables, delivery, due_at))
                .collect::<Result<Vec<Claimed>, StoreError>>()?;
            for claim in &claimed {
                tables.save_delivery(&claim.delivery);
            }
            Ok(claimed)
        })
    }

    async fn still_leased_to(
        &self,
        holder: &LeaseHolder,
        ids: &[DeliveryId],
    ) -> Result<Vec<DeliveryId>, StoreError> {
        let tables = self.committed.tables()?;
        let held = ids.iter().filter(|id| {
            let row = tables.deliveries.get(id);
            row.is_some_and(|row| is_leased_to(&row.delivery, holder))
        });
        Ok(held.cloned().collect())
    }

    async fn settle(&self, settlements: &[Settlement]) -> Result<Vec<Settled>, StoreError> {
        let _turn = self.turn.lock().await;
        self.committed.change(|tables| {
            let settled = settlements
                .iter()
                .map(|settlement| settle_one(tables, settlement));
            Ok(settled.collect())
        })
    }

    async fn expired_leases(
        &self,
        now: Timestamp,
        portion: Portion,
    ) -> Result<Batch<ExpiredLease>, StoreError> {
        let tables = self.committed.tables()?;
        let mut expired: Vec<(Timestamp, &Delivery)> = tables
            .deliveries
            .values()
            .filter_map(|row| Some((lease_of(&row.delivery)?.until, &row.delivery)))
            .filter(|(until, _)| *until <= now)
            .collect();
        expired.sort_by_key(|(until, _)| *until);
        let leases = expired.into_iter().map(|(_, delivery)| ExpiredLease {
            delivery: delivery.clone(),
            policy: policy_of(&tables, &delivery.endpoint_id),
        });
        Ok(cut(leases, portion))
    }

    async fn policies(
        &self,
        endpoints: &BTreeSet<EndpointId>,
    ) -> Result<BTreeMap<EndpointId, DeliveryPolicy>, StoreError> {
        let tables = self.committed.tables()?;
        let policies = endpoints
            .iter()
            .map(|id| (id.clone(), policy_of(&tables, id)));
        Ok(policies.collect())
    }

    async fn next_due_at(&self) -> Result<Option<Timestamp>, StoreError> {
        let tables = self.committed.tables()?;
        let due = tables
            .deliveries
            .values()
            .filter_map(|row| pending_since(&row.delivery));
        Ok(due.min())
    }
}

impl Tables {
    fn save_delivery(&mut self, delivery: &Delivery) {
        if let Some(row) = self.deliveries.get_mut(&delivery.id) {
            row.save(delivery);
        }
    }
}

/// Returns what the request takes, as it is once it is taken, each with when it was due.
fn chosen(tables: &Tables, request: &ClaimRequest) -> Vec<(Timestamp, Delivery)> {
    let input = || Input::Claimed {
        lease: request.lease.clone(),
    };
    let mut due: Vec<(Timestamp, Delivery)> = tables
        .deliveries
        .values()
        .filter_map(|row| {
            let due_at = pending_since(&row.delivery)?;
            let claimed = step(&row.delivery, input(), request.now).ok()?;
            Some((due_at, claimed.delivery))
        })
        .collect();
    due.sort_by_key(|(due_at, _)| *due_at);
    let room = &request.room;
    let mut endpoints = Remaining::new(room.per_endpoint, &room.busy_endpoints);
    let mut destinations = Remaining::new(room.per_destination, &room.busy_destinations);
    due.into_iter()
        .filter(|(_, delivery)| {
            let endpoint = tables.endpoints.get(&delivery.endpoint_id);
            let destination = endpoint.and_then(|row| row.endpoint.url.destination());
            let is_admitted = endpoints.has_room_at(&delivery.endpoint_id)
                && destination
                    .as_ref()
                    .is_none_or(|it| destinations.has_room_at(it));
            if is_admitted {
                endpoints.take(&delivery.endpoint_id);
                if let Some(destination) = &destination {
                    destinations.take(destination);
                }
            }
            is_admitted
        })
        .take(request.room.total)
        .collect()
}

/// What is left of the room at each of some kind.
struct Remaining<'a, K> {
    max: usize,
    left: &'a BTreeMap<K, usize>,
    taken: BTreeMap<K, usize>,
}

impl<'a, K: Clone + Ord> Remaining<'a, K> {
    fn new(max: usize, left: &'a BTreeMap<K, usize>) -> Self {
        Self {
            max,
            left,
            taken: BTreeMap::new(),
        }
    }

    fn has_room_at(&self, key: &K) -> bool {
        let taken = self.taken.get(key).copied().unwrap_or_default();
        taken < self.left.get(key).copied().unwrap_or(self.max)
    }

    fn take(&mut self, key: &K) {
        *self.taken.entry(key.clone()).or_default() += 1;
    }
}

/// Adds all that an attempt needs.
fn complete(tables: &Tables, delivery: Delivery, due_at: Timestamp) -> Result<Claimed, StoreError> {
    let lost = |table, column| StoreError::Corrupt {
        table,
        column,
        id: delivery.id.to_string(),
    };
    let event = tables.events.get(&delivery.event_id);
    let event = event.ok_or_else(|| lost("deliveries", "event_id"))?;
    let row = tables.deliveries.get(&delivery.id);
    let jwe = row.and_then(|row| row.jwe.clone());
    let endpoint = tables.endpoints.get(&delivery.endpoint_id);
    let session = tables.sessions.get(&event.event.session_id);
    Ok(Claimed {
        event: event.event.clone(),
        jwe: jwe.ok_or_else(|| lost("delivery_payloads", "jwe"))?,
        endpoint: endpoint.map(|row| ClaimedEndpoint {
            endpoint: row.endpoint.clone(),
            signing_secret: row.signing_secret.clone(),
        }),
        session_suppressed: session.is_some_and(Session::is_suppressed),
        organization_frozen: tables.is_frozen(delivery.organization_id),
        delivery,
        due_at,
    })
}

fn settle_one(tables: &mut Tables, settlement: &Settlement) -> Settled {
    let Step { delivery, attempt } = &settlement.step;
    let after = unless_enabled(tables, delivery);
    let row = tables.deliveries.get_mut(&delivery.id);
    match row.filter(|row| is_leased_to(&row.delivery, &settlement.holder)) {
        Some(row) => {
            row.save(&after);
            row.attempts.extend(attempt.iter().cloned());
            Settled::Written
        }
        None => Settled::LeaseLost,
    }
}

/// Returns the delivery as it is to be written: one that is held for an endpoint and an
/// organization that are enabled by then is pending, since nobody would release it.
fn unless_enabled(tables: &Tables, delivery: &Delivery) -> Delivery {
    let enabled = tables.is_enabled(delivery) && !tables.is_frozen(delivery.organization_id);
    let is_held = matches!(delivery.state, DeliveryState::Held { .. });
    match step(delivery, Input::Resumed, delivery.updated_at) {
        Ok(resumed) if is_held && enabled => resumed.delivery,
        Ok(_) | Err(_) => delivery.clone(),
    }
}

fn policy_of(tables: &Tables, endpoint_id: &EndpointId) -> DeliveryPolicy {
    let endpoint = tables.endpoints.get(endpoint_id);
    endpoint.map_or(DeliveryPolicy::OF_A_DELETED_ENDPOINT, |row| {
        row.endpoint.delivery_policy()
    })
}

fn is_leased_to(delivery: &Delivery, holder: &LeaseHolder) -> bool {
    lease_of(delivery).is_some_and(|lease| lease.holder == *holder)
}

fn lease_of(delivery: &Delivery) -> Option<&Lease> {
    match &delivery.state {
        DeliveryState::Delivering { lease, .. } => Some(lease),
        DeliveryState::Pending { .. }
        | DeliveryState::Held { .. }
        | DeliveryState::Succeeded
        | DeliveryState::Failed => None,
    }
}

fn pending_since(delivery: &Delivery) -> Option<Timestamp> {
    match delivery.state {
        DeliveryState::Pending { due_at } => Some(due_at),
        DeliveryState::Held { .. }
        | DeliveryState::Delivering { .. }
        | DeliveryState::Succeeded
        | DeliveryState::Failed => None,
    }
}
