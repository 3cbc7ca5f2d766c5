//! Deliveries in memory, as people see and change them.
//!
//! Nothing is locked: transactions take turns, so that what one has read stays as it is anyway.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use async_trait::async_trait;
use kayle_app::ports::store::{
    Batch, DeliveryFilter, DeliveryReads, DeliveryWrites, DuePlace, FailedCounts, FailedFilter,
    FailedPlace, FailedPortion, NewDelivery, Portion, ResumeScope, StoreError,
};
use kayle_delivery::{Attempt, Delivery, DeliveryState, Input, Payload, ScrubReason, step};
use kayle_events::EventType;
use kayle_primitives::{
    DeliveryId, EndpointId, EventId, OrganizationId, Page, PageRequest, SessionId, Timestamp,
};

use super::page::{Position, cut, newest_first};
use super::tables::{DeliveryRow, Tables, insert_new};
use super::transaction::MemoryTx;
use super::view::View;

#[async_trait]
impl DeliveryReads for View {
    async fn find_delivery(
        &self,
        organization_id: OrganizationId,
        id: &DeliveryId,
    ) -> Result<Option<Delivery>, StoreError> {
        let tables = self.tables()?;
        let row = tables.delivery(organization_id, id);
        Ok(row.map(|row| row.delivery.clone()))
    }

    async fn attempts_of(
        &self,
        organization_id: OrganizationId,
        id: &DeliveryId,
    ) -> Result<Vec<Attempt>, StoreError> {
        let tables = self.tables()?;
        let row = tables.delivery(organization_id, id);
        Ok(row.map_or_else(Vec::new, |row| row.attempts.clone()))
    }

    async fn count_failed(
        &self,
        organization_id: OrganizationId,
        filter: &FailedFilter,
        most: usize,
    ) -> Result<FailedCounts, StoreError> {
        let tables = self.tables()?;
        let count = |is_counted: fn(&Payload) -> bool| {
            let failed = tables.failed(organization_id, filter);
            let counted = failed.filter(|(_, delivery)| is_counted(&delivery.payload));
            counted.take(most).count()
        };
        Ok(FailedCounts {
            retained: count(|payload| payload.expires_at().is_some()),
            not_retained: count(|payload| payload.expires_at().is_none() && !is_withdrawn(payload)),
            withdrawn: count(is_withdrawn),
        })
    }

    async fn tests_since(
        &self,
        endpoint_id: &EndpointId,
        since: Timestamp,
        at_most: usize,
    ) -> Result<Vec<Timestamp>, StoreError> {
        let tables = self.tables()?;
        let deliveries = tables.deliveries.values().map(|row| &row.delivery);
        let tests = deliveries.filter(|delivery| {
            delivery.is_test && delivery.endpoint_id == *endpoint_id && since < delivery.created_at
        });
        let mut times: Vec<Timestamp> = tests.map(|test| test.created_at).collect();
        times.sort_unstable_by(|one, other| other.cmp(one));
        times.truncate(at_most);
        Ok(times)
    }

    async fn count_due_before(
        &self,
        organization_id: OrganizationId,
        place: DuePlace<'_>,
        most: usize,
    ) -> Result<usize, StoreError> {
        let is_before = |delivery: &Delivery| {
            let DeliveryState::Pending { due_at } = delivery.state else {
                return false;
            };
            delivery.organization_id == organization_id
                && delivery.endpoint_id == *place.endpoint_id
                && (due_at, &delivery.id) < (place.due_at, place.id)
        };
        let tables = self.tables()?;
        let deliveries = tables.deliveries.values().map(|row| &row.delivery);
        Ok(deliveries
            .filter(|delivery| is_before(delivery))
            .take(most)
            .count())
    }

    async fn list_deliveries(
        &self,
        organization_id: OrganizationId,
        filter: &DeliveryFilter,
        page: &PageRequest<DeliveryId>,
    ) -> Result<Option<Page<Delivery>>, StoreError> {
        let tables = self.tables()?;
        let mut after = None;
        if let Some(cursor) = &page.starting_after {
            let Some(row) = tables.delivery(organization_id, cursor) else {
                return Ok(None);
            };
            after = Some(position(&row.delivery));
        }
        let deliveries = tables
            .deliveries
            .values()
            .map(|row| &row.delivery)
            .filter(|delivery| {
                delivery.organization_id == organization_id && passes(&tables, filter, delivery)
            })
            .cloned();
        Ok(Some(newest_first(
            deliveries,
            position,
            after.as_ref(),
            page.limit,
        )))
    }

    async fn latest_deliveries(
        &self,
        organization_id: OrganizationId,
        endpoint_ids: &[EndpointId],
        most: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let tables = self.tables()?;
        let deliveries = tables.deliveries.values().map(|row| &row.delivery);
        let mut latest: Vec<Delivery> = deliveries
            .filter(|delivery| delivery.organization_id == organization_id)
            .filter(|delivery| !delivery.is_test)
            .filter(|delivery| endpoint_ids.contains(&delivery.endpoint_id))
            .cloned()
            .collect();
        latest.sort_by_key(|delivery| Reverse(position(delivery)));
        let mut seen: BTreeMap<EndpointId, usize> = BTreeMap::new();
        latest.retain(|delivery| {
            let seen = seen.entry(delivery.endpoint_id.clone()).or_default();
            *seen += 1;
            *seen <= most
        });
        Ok(latest)
    }
}

#[async_trait]
impl DeliveryWrites for MemoryTx {
    async fn insert_deliveries(&mut self, deliveries: &[NewDelivery]) -> Result<(), StoreError> {
        self.view.change(|tables| {
            for new in deliveries {
                let row = DeliveryRow {
                    delivery: new.delivery.clone(),
                    jwe: new.jwe.clone(),
                    attempts: new.attempt.iter().cloned().collect(),
                };
                insert_new(&mut tables.deliveries, new.delivery.id.clone(), row)?;
            }
            Ok(())
        })
    }

    async fn lock_delivery(
        &mut self,
        organization_id: OrganizationId,
        id: &DeliveryId,
    ) -> Result<Option<Delivery>, StoreError> {
        self.view.find_delivery(organization_id, id).await
    }

    async fn lock_failed(
        &mut self,
        organization_id: OrganizationId,
        filter: &FailedFilter,
        after: Option<&FailedPlace>,
        limit: usize,
    ) -> Result<FailedPortion, StoreError> {
        let tables = self.view.tables()?;
        let failed = tables.failed(organization_id, filter);
        let retained = failed.filter(|(_, delivery)| delivery.payload.expires_at().is_some());
        let beyond = retained.filter(|(place, _)| after.is_none_or(|after| after < place));
        let mut found: Vec<(FailedPlace, &Delivery)> = beyond.collect();
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        found.truncate(limit);
        let is_full = found.len() == limit;
        let last = found.last().filter(|_| is_full);
        Ok(FailedPortion {
            last: last.map(|(place, _)| place.clone()),
            deliveries: found
                .iter()
                .map(|(_, delivery)| (*delivery).clone())
                .collect(),
        })
    }

    async fn lock_deliveries_of_event(
        &mut self,
        organization_id: OrganizationId,
        event_id: &EventId,
    ) -> Result<Vec<Delivery>, StoreError> {
        let tables = self.view.tables()?;
        let owned = tables
            .deliveries_of(event_id)
            .filter(|delivery| delivery.organization_id == organization_id);
        Ok(owned.cloned().collect())
    }

    async fn lock_deliveries_of_session(
        &mut self,
        session_id: &SessionId,
    ) -> Result<Batch<(EventType, Delivery)>, StoreError> {
        let tables = self.view.tables()?;
        let with_type = |row: &DeliveryRow| {
            let event = &tables.events.get(&row.delivery.event_id)?.event;
            let is_meant = event.session_id == *session_id;
            is_meant.then(|| (event.event_type, row.delivery.clone()))
        };
        let deliveries: Vec<_> = tables.deliveries.values().filter_map(with_type).collect();
        Ok(deliveries.into())
    }

    async fn drop_deliveries_of_endpoint(
        &mut self,
        endpoint_id: &EndpointId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.view.change(|tables| {
            let is_meant = |delivery: &Delivery| delivery.endpoint_id == *endpoint_id;
            let dropped = tables.stepped(is_meant, &Input::EndpointDeleted, now);
            Ok(tables.save_all(&dropped))
        })
    }

    async fn lock_expired_payloads(
        &mut self,
        now: Timestamp,
        portion: Portion,
    ) -> Result<Batch<Delivery>, StoreError> {
        let tables = self.view.tables()?;
        let mut expired: Vec<(Timestamp, &Delivery)> = tables
            .deliveries
            .values()
            .filter_map(|row| Some((expired_at(&row.delivery.payload, now)?, &row.delivery)))
            .collect();
        expired.sort_by_key(|(expired_at, _)| *expired_at);
        let deliveries = expired.into_iter().map(|(_, delivery)| delivery.clone());
        Ok(cut(deliveries, portion))
    }

    async fn erase_payloads(&mut self, unreadable: &[String]) -> Result<(), StoreError> {
        self.view.change(|tables| {
            for row in tables.deliveries.values_mut() {
                if unreadable.iter().any(|id| id == row.delivery.id.as_str()) {
                    row.jwe = None;
                }
            }
            Ok(())
        })
    }

    async fn save_deliveries(&mut self, deliveries: &[Delivery]) -> Result<(), StoreError> {
        self.view.change(|tables| {
            for delivery in deliveries {
                let row = tables.deliveries.get_mut(&delivery.id);
                row.ok_or(StoreError::Conflict)?.save(delivery);
            }
            Ok(())
        })
    }

    async fn resume_deliveries(
        &mut self,
        organization_id: OrganizationId,
        scope: &ResumeScope,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.view.change(|tables| {
            let is_meant = |delivery: &Delivery| {
                delivery.organization_id == organization_id && is_meant(tables, scope, delivery)
            };
            let resumed = tables.stepped(is_meant, &Input::Resumed, now);
            Ok(tables.save_all(&resumed))
        })
    }
}

fn is_withdrawn(payload: &Payload) -> bool {
    matches!(
        payload,
        Payload::Scrubbed {
            reason: ScrubReason::PrivacyRequest,
            ..
        }
    )
}

fn position(delivery: &Delivery) -> Position<DeliveryId> {
    (delivery.created_at, delivery.id.clone())
}

fn passes(tables: &Tables, filter: &DeliveryFilter, delivery: &Delivery) -> bool {
    let DeliveryFilter {
        status,
        endpoint_id,
        event_id,
        session_id,
        with_tests,
    } = filter;
    let is_of_session = |id: &SessionId| {
        let row = tables.events.get(&delivery.event_id);
        row.is_some_and(|row| row.event.session_id == *id)
    };
    (*with_tests || !delivery.is_test)
        && status.is_none_or(|status| delivery.status() == status)
        && endpoint_id
            .as_ref()
            .is_none_or(|id| delivery.endpoint_id == *id)
        && event_id.as_ref().is_none_or(|id| delivery.event_id == *id)
        && session_id.as_ref().is_none_or(is_of_session)
}

fn is_meant(tables: &Tables, scope: &ResumeScope, delivery: &Delivery) -> bool {
    match scope {
        ResumeScope::Endpoint(id) => {
            delivery.endpoint_id == *id
                && tables.endpoints.contains_key(id)
                && !tables.is_frozen(delivery.organization_id)
        }
        ResumeScope::Organization => tables.is_enabled(delivery),
    }
}

/// Returns when the retention of the stored bytes ended; `None` if it has not, or if there are
/// none.
fn expired_at(payload: &Payload, now: Timestamp) -> Option<Timestamp> {
    payload.expires_at().filter(|expires_at| *expires_at <= now)
}

impl Tables {
    /// Returns what an input makes of every delivery that is meant and takes it.
    fn stepped(
        &self,
        is_meant: impl Fn(&Delivery) -> bool,
        input: &Input<'_>,
        now: Timestamp,
    ) -> Vec<Delivery> {
        let deliveries = self.deliveries.values().map(|row| &row.delivery);
        let meant = deliveries.filter(|delivery| is_meant(delivery));
        let stepped = meant.filter_map(|delivery| step(delivery, input.clone(), now).ok());
        stepped.map(|step| step.delivery).collect()
    }

    /// Returns the failed deliveries that pass a filter, each with its place, in no order.
    fn failed<'a>(
        &'a self,
        organization_id: OrganizationId,
        filter: &'a FailedFilter,
    ) -> impl Iterator<Item = (FailedPlace, &'a Delivery)> {
        let FailedFilter {
            since,
            until,
            endpoint_id,
            event_type,
            failure_reason,
        } = filter;
        let is_of_type = |delivery: &Delivery, event_type: EventType| {
            let row = self.events.get(&delivery.event_id);
            row.is_some_and(|row| row.event.event_type == event_type)
        };
        let deliveries = self.deliveries.values().map(|row| &row.delivery);
        deliveries.filter_map(move |delivery| {
            let last = delivery.last_attempt?;
            let passes = delivery.organization_id == organization_id
                && !delivery.is_test
                && delivery.state == DeliveryState::Failed
                && (*since..=*until).contains(&last.at)
                && endpoint_id
                    .as_ref()
                    .is_none_or(|id| delivery.endpoint_id == *id)
                && event_type.is_none_or(|event_type| is_of_type(delivery, event_type))
                && failure_reason.is_none_or(|reason| last.failure_reason == Some(reason));
            passes.then(|| ((last.at, delivery.id.clone()), delivery))
        })
    }

    /// Saves deliveries; gives how many there were.
    fn save_all(&mut self, deliveries: &[Delivery]) -> u64 {
        for delivery in deliveries {
            if let Some(row) = self.deliveries.get_mut(&delivery.id) {
                row.save(delivery);
            }
        }
        u64::try_from(deliveries.len()).expect("a count in memory fits 64 bits")
    }

    /// Returns whether the delivery's endpoint is there and enabled.
    pub(super) fn is_enabled(&self, delivery: &Delivery) -> bool {
        self.endpoints
            .get(&delivery.endpoint_id)
            .is_some_and(|row| row.endpoint.is_enabled())
    }
}
