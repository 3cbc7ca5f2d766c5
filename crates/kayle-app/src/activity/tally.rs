//! What was counted in this process and may still change, or is not written yet.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use kayle_delivery::activity::{Activity, floor};
use kayle_delivery::{Delivery, Step};
use kayle_primitives::{EndpointId, OrganizationId, Timestamp};
use uuid::Uuid;

use crate::ports::meter::DeliveryEnd;
use crate::ports::store::{ActivityKey, ActivityRow, NewDelivery, Resolution};

/// Counts by minute, organization and endpoint. The lock is taken once for a batch, and never held
/// while anybody waits.
#[derive(Debug, Default)]
pub(crate) struct Tally(Mutex<Minutes>);

#[derive(Debug, Default)]
struct Minutes {
    open: BTreeMap<Timestamp, BTreeMap<OrganizationId, BTreeMap<EndpointId, Count>>>,
    /// Minutes before this one are written for good.
    open_from: Option<Timestamp>,
}

#[derive(Debug, Default)]
struct Count {
    activity: Activity,
    is_written: bool,
}

/// The counts of one minute, while they are locked.
struct Minute<'a>(&'a mut BTreeMap<OrganizationId, BTreeMap<EndpointId, Count>>);

impl Tally {
    /// Counts deliveries that were made.
    pub(super) fn count_created<'a>(
        &self,
        now: Timestamp,
        made: impl Iterator<Item = &'a NewDelivery>,
    ) {
        let mut made = made.peekable();
        // Most steps of sessions make none.
        if made.peek().is_none() {
            return;
        }
        let mut minutes = self.lock();
        let mut minute = minutes.of(now);
        for new in made {
            let activity = minute.of(&new.delivery);
            activity.deliveries.created += 1;
            if let Some(attempt) = &new.attempt {
                activity.deliveries.unsendable += 1;
                activity.count_attempt(attempt);
            }
        }
    }

    /// Counts what came of claims.
    pub(super) fn count_settled<'a>(&self, now: Timestamp, steps: impl Iterator<Item = &'a Step>) {
        let mut minutes = self.lock();
        let mut minute = minutes.of(now);
        for step in steps {
            let end = DeliveryEnd::of(step);
            if end.is_none() && step.attempt.is_none() {
                continue;
            }
            let activity = minute.of(&step.delivery);
            if let Some(attempt) = &step.attempt {
                activity.count_attempt(attempt);
            }
            if let Some(end) = end {
                count_end(activity, end);
            }
            if end == Some(DeliveryEnd::Delivered) {
                let Delivery {
                    created_at,
                    updated_at,
                    ..
                } = step.delivery;
                activity.latency.count(updated_at.since(created_at));
            }
        }
    }

    /// Counts deliveries that have ended without an attempt.
    pub(super) fn count_ended<'a>(
        &self,
        now: Timestamp,
        end: DeliveryEnd,
        deliveries: impl Iterator<Item = &'a Delivery>,
    ) {
        let mut minutes = self.lock();
        let mut minute = minutes.of(now);
        for delivery in deliveries {
            count_end(minute.of(delivery), end);
        }
    }

    /// Returns what has changed since it was last returned, as rows of this writer, and takes it
    /// for written. Each row has all that was counted of its minute.
    pub(super) fn take_unwritten(&self, writer: Uuid) -> Vec<ActivityRow> {
        let mut minutes = self.lock();
        let mut rows = Vec::new();
        for (at, organizations) in &mut minutes.open {
            for (organization_id, endpoints) in organizations {
                if endpoints.values().all(|count| count.is_written) {
                    continue;
                }
                let mut all = Activity::default();
                let row = |endpoint_id, activity| ActivityRow {
                    key: ActivityKey {
                        organization_id: *organization_id,
                        endpoint_id,
                        resolution: Resolution::Minute,
                        at: *at,
                        writer: Some(writer),
                    },
                    activity,
                };
                for (endpoint_id, count) in endpoints {
                    all += &count.activity;
                    if !count.is_written {
                        count.is_written = true;
                        rows.push(row(Some(endpoint_id.clone()), count.activity.clone()));
                    }
                }
                rows.push(row(None, all));
            }
        }
        rows
    }

    /// Takes rows back that could not be written.
    pub(super) fn put_back(&self, rows: &[ActivityRow]) {
        let mut minutes = self.lock();
        for ActivityRow { key, .. } in rows {
            let organizations = minutes.open.get_mut(&key.at);
            let endpoints = organizations.and_then(|them| them.get_mut(&key.organization_id));
            if let (Some(endpoints), Some(endpoint_id)) = (endpoints, &key.endpoint_id)
                && let Some(count) = endpoints.get_mut(endpoint_id)
            {
                count.is_written = false;
            }
        }
    }

    /// Forgets the minutes that are over and written: nothing is counted in them any more.
    pub(super) fn close_before(&self, now: Timestamp) {
        let mut minutes = self.lock();
        let open_from = minutes.open_from.max(Some(minute_of(now)));
        minutes.open_from = open_from;
        minutes.open.retain(|at, organizations| {
            let mut counts = organizations.values().flat_map(BTreeMap::values);
            open_from <= Some(*at) || counts.any(|count| !count.is_written)
        });
    }

    fn lock(&self) -> MutexGuard<'_, Minutes> {
        self.0.lock().expect("nothing panics while it counts")
    }
}

impl Minutes {
    fn of(&mut self, now: Timestamp) -> Minute<'_> {
        // Whoever asked for the time before the minute was closed, and the lock after it.
        let now = minute_of(now);
        let at = self.open_from.map_or(now, |open_from| open_from.max(now));
        Minute(self.open.entry(at).or_default())
    }
}

impl Minute<'_> {
    /// Returns the counts that a delivery belongs to. Every fact about a delivery comes through
    /// here: what must never be counted is left out here.
    fn of(&mut self, delivery: &Delivery) -> &mut Activity {
        let endpoints = self.0.entry(delivery.organization_id).or_default();
        // An id is copied once a minute, not for every fact.
        if !endpoints.contains_key(&delivery.endpoint_id) {
            endpoints.insert(delivery.endpoint_id.clone(), Count::default());
        }
        let count = endpoints.get_mut(&delivery.endpoint_id);
        let count = count.expect("it was inserted if it was missing");
        count.is_written = false;
        &mut count.activity
    }
}

fn count_end(activity: &mut Activity, end: DeliveryEnd) {
    let counts = &mut activity.deliveries;
    let count = match end {
        DeliveryEnd::Delivered => &mut counts.delivered,
        DeliveryEnd::Exhausted => &mut counts.exhausted,
        DeliveryEnd::Withdrawn | DeliveryEnd::Expired => &mut counts.erased,
        DeliveryEnd::Unsendable => &mut counts.unsendable,
    };
    *count += 1;
}

fn minute_of(at: Timestamp) -> Timestamp {
    floor(at, Resolution::Minute.duration())
}
