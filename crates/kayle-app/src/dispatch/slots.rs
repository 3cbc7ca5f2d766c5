//! How many requests may be under way in a process: [`Slots`] counts them, all endpoints together
//! and each by itself; a [`Reservation`] is one of them.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use kayle_primitives::EndpointId;

use super::Room;
use crate::ports::meter::WaitedFor;

/// The requests that may be under way.
#[derive(Debug)]
pub struct Slots {
    total_max: usize,
    per_endpoint_max: usize,
    reserved: Mutex<Reserved>,
}

#[derive(Debug, Default)]
struct Reserved {
    total: usize,
    endpoints: HashMap<EndpointId, AtEndpoint>,
    /// Whether the queue is caught up with, but for endpoints that are behind.
    is_caught_up: bool,
}

#[derive(Debug, Default)]
struct AtEndpoint {
    reserved: usize,
    /// Whether deliveries wait for it in the queue: they come before new ones.
    is_behind: bool,
}

/// What the queue still held after a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftBehind {
    /// At most what endpoints without room wait for.
    OfBusyEndpoints,
    /// Of any endpoint.
    OfAny,
}

/// A delivery's claim to a request. Dropping it gives it up.
#[derive(Debug)]
pub struct Reservation {
    slots: Arc<Slots>,
    endpoint_id: EndpointId,
    waited_for: WaitedFor,
}

impl Reservation {
    /// Returns what its delivery waited for.
    pub fn waited_for(&self) -> WaitedFor {
        self.waited_for
    }
}

impl Slots {
    /// Creates slots of which none is taken. Until a first claim, deliveries may wait in the queue.
    pub fn new(total_max: usize, per_endpoint_max: usize) -> Self {
        Self {
            total_max,
            per_endpoint_max,
            reserved: Mutex::default(),
        }
    }

    /// Reserves a request for a delivery that was claimed within the room that there was.
    pub fn reserve(self: &Arc<Self>, endpoint_id: EndpointId) -> Reservation {
        let mut reserved = self.reserved();
        // As the last claim left it: `note_left_behind` comes after the reservations of this one.
        let at_endpoint = reserved.endpoints.get(&endpoint_id);
        let waited_for = if at_endpoint.is_some_and(|at_endpoint| at_endpoint.is_behind) {
            WaitedFor::Endpoint
        } else {
            WaitedFor::Service
        };
        reserved.add(&endpoint_id);
        drop(reserved);
        Reservation {
            slots: Arc::clone(self),
            endpoint_id,
            waited_for,
        }
    }

    /// Reserves a request for a new delivery; `None` if it has to wait in the queue.
    pub fn reserve_for_new(self: &Arc<Self>, endpoint_id: &EndpointId) -> Option<Reservation> {
        let mut reserved = self.reserved();
        if !reserved.is_caught_up || self.total_max <= reserved.total {
            return None;
        }
        if let Some(at_endpoint) = reserved.endpoints.get_mut(endpoint_id) {
            at_endpoint.is_behind |= self.per_endpoint_max <= at_endpoint.reserved;
            if at_endpoint.is_behind {
                return None;
            }
        }
        reserved.add(endpoint_id);
        Some(Reservation {
            slots: Arc::clone(self),
            endpoint_id: endpoint_id.clone(),
            waited_for: WaitedFor::Service,
        })
    }

    /// Returns what a claim may take; `unsettled` requests are over but still count. It is kept free
    /// for the claim: until [`Self::note_left_behind`], what is new waits in the queue.
    pub fn room(&self, unsettled: usize) -> Room {
        let mut reserved = self.reserved();
        reserved.is_caught_up = false;
        let busy = reserved.endpoints.iter();
        let busy = busy.filter(|(_, at_endpoint)| 0 < at_endpoint.reserved);
        let left = |at_endpoint: &AtEndpoint| {
            let reserved = at_endpoint.reserved;
            self.per_endpoint_max.saturating_sub(reserved)
        };
        let busy_endpoints: BTreeMap<EndpointId, usize> = busy
            .map(|(id, at_endpoint)| (id.clone(), left(at_endpoint)))
            .collect();
        Room {
            total: self.total_max.saturating_sub(reserved.total + unsettled),
            per_endpoint: self.per_endpoint_max,
            busy_endpoints,
        }
    }

    /// Returns how many requests are under way, or about to be.
    pub fn in_flight(&self) -> usize {
        self.reserved().total
    }

    /// Returns whether some endpoint can take no more before one of its requests ends.
    pub fn saturate_an_endpoint(&self) -> bool {
        let reserved = self.reserved();
        let mut endpoints = reserved.endpoints.values();
        endpoints.any(|at_endpoint| self.per_endpoint_max <= at_endpoint.reserved)
    }

    /// Notes what a claim had to leave behind: what is new comes after it.
    pub fn note_left_behind(&self, left: LeftBehind) {
        let mut reserved = self.reserved();
        reserved.is_caught_up = left == LeftBehind::OfBusyEndpoints;
        for at_endpoint in reserved.endpoints.values_mut() {
            at_endpoint.is_behind = self.per_endpoint_max <= at_endpoint.reserved;
        }
        let in_use = |at_endpoint: &AtEndpoint| at_endpoint.is_behind || 0 < at_endpoint.reserved;
        reserved
            .endpoints
            .retain(|_, at_endpoint| in_use(at_endpoint));
    }

    fn reserved(&self) -> MutexGuard<'_, Reserved> {
        self.reserved
            .lock()
            .expect("nothing panics while it holds the counts")
    }
}

impl Reserved {
    fn add(&mut self, endpoint_id: &EndpointId) {
        self.total += 1;
        let at_endpoint = self.endpoints.entry(endpoint_id.clone());
        at_endpoint.or_default().reserved += 1;
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut reserved = self.slots.reserved();
        reserved.total -= 1;
        if let Some(at_endpoint) = reserved.endpoints.get_mut(&self.endpoint_id) {
            at_endpoint.reserved -= 1;
            if at_endpoint.reserved == 0 && !at_endpoint.is_behind {
                reserved.endpoints.remove(&self.endpoint_id);
            }
        }
    }
}
