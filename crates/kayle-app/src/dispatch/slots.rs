//! How many requests may be under way in a process: [`Slots`] counts them, all together, and those
//! to each endpoint and to each destination; a [`Reservation`] is one of them.

use std::collections::{BTreeMap, HashMap};
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard};

use kayle_endpoints::{Destination, Endpoint};
use kayle_primitives::EndpointId;

use super::Room;
use crate::ports::meter::WaitedFor;

/// How many requests may be under way (contract 13.2, 14.14).
#[derive(Debug, Clone, Copy)]
pub struct SlotLimits {
    /// All together.
    pub total: usize,
    /// To one endpoint.
    pub per_endpoint: usize,
    /// To one host and port, all endpoints there together.
    pub per_destination: usize,
}

/// The requests that may be under way.
#[derive(Debug)]
pub struct Slots {
    total_max: usize,
    reserved: Mutex<Reserved>,
}

#[derive(Debug)]
struct Reserved {
    total: usize,
    endpoints: Lanes<EndpointId>,
    destinations: Lanes<Destination>,
    /// Whether the queue is caught up with, but for what is behind.
    is_caught_up: bool,
}

/// Requests by what they go to, each bounded by itself.
#[derive(Debug)]
struct Lanes<K> {
    max: usize,
    lanes: HashMap<K, Lane>,
}

#[derive(Debug, Default)]
struct Lane {
    reserved: usize,
    /// Whether deliveries wait for it in the queue: they come before new ones.
    is_behind: bool,
}

/// What the queue still held after a claim.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LeftBehind {
    /// At most what endpoints and destinations without room wait for.
    OfBusyEndpoints,
    /// Of any endpoint.
    OfAny,
}

/// A delivery's claim to a request. Dropping it gives it up.
#[derive(Debug)]
pub struct Reservation {
    slots: Arc<Slots>,
    endpoint_id: EndpointId,
    destination: Destination,
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
    pub fn new(limits: SlotLimits) -> Self {
        Self {
            total_max: limits.total,
            reserved: Mutex::new(Reserved {
                total: 0,
                endpoints: Lanes::new(limits.per_endpoint),
                destinations: Lanes::new(limits.per_destination),
                is_caught_up: false,
            }),
        }
    }

    /// Reserves a request for a delivery that was claimed within the room that there was.
    pub fn reserve(
        self: &Arc<Self>,
        endpoint_id: EndpointId,
        destination: Destination,
    ) -> Reservation {
        let mut reserved = self.reserved();
        // As the last claim left it: `note_left_behind` comes after the reservations of this one.
        let was_behind = reserved.endpoints.is_behind(&endpoint_id)
            || reserved.destinations.is_behind(&destination);
        reserved.add(&endpoint_id, &destination);
        drop(reserved);
        Reservation {
            slots: Arc::clone(self),
            endpoint_id,
            destination,
            waited_for: if was_behind {
                WaitedFor::Endpoint
            } else {
                WaitedFor::Service
            },
        }
    }

    /// Reserves a request for a new delivery to an endpoint; `None` if it has to wait in the queue.
    pub fn reserve_for_new(self: &Arc<Self>, endpoint: &Endpoint) -> Option<Reservation> {
        let destination = endpoint.url.destination()?;
        let mut reserved = self.reserved();
        let has_room = reserved.is_caught_up
            && reserved.total < self.total_max
            && reserved.endpoints.admits_new(&endpoint.id)
            && reserved.destinations.admits_new(&destination);
        if !has_room {
            return None;
        }
        reserved.add(&endpoint.id, &destination);
        drop(reserved);
        Some(Reservation {
            slots: Arc::clone(self),
            endpoint_id: endpoint.id.clone(),
            destination,
            waited_for: WaitedFor::Service,
        })
    }

    /// Returns what a claim may take; `unsettled` requests are over but still count. It is kept free
    /// for the claim: until [`Self::note_left_behind`], what is new waits in the queue.
    pub fn room(&self, unsettled: usize) -> Room {
        let mut reserved = self.reserved();
        reserved.is_caught_up = false;
        Room {
            total: self.total_max.saturating_sub(reserved.total + unsettled),
            per_endpoint: reserved.endpoints.max,
            busy_endpoints: reserved.endpoints.left_where_busy(),
            per_destination: reserved.destinations.max,
            busy_destinations: reserved.destinations.left_where_busy(),
        }
    }

    /// Returns how many requests are under way, or about to be.
    pub fn in_flight(&self) -> usize {
        self.reserved().total
    }

    /// Returns whether some endpoint or destination can take no more before one of its requests
    /// ends.
    pub fn is_one_full(&self) -> bool {
        let reserved = self.reserved();
        reserved.endpoints.is_one_full() || reserved.destinations.is_one_full()
    }

    /// Notes what a claim had to leave behind: what is new comes after it.
    pub fn note_left_behind(&self, left: LeftBehind) {
        let mut reserved = self.reserved();
        reserved.is_caught_up = left == LeftBehind::OfBusyEndpoints;
        reserved.endpoints.note_left_behind();
        reserved.destinations.note_left_behind();
    }

    fn reserved(&self) -> MutexGuard<'_, Reserved> {
        self.reserved
            .lock()
            .expect("nothing panics while it holds the counts")
    }
}

impl Reserved {
    fn add(&mut self, endpoint_id: &EndpointId, destination: &Destination) {
        self.total += 1;
        self.endpoints.add(endpoint_id);
        self.destinations.add(destination);
    }
}

impl<K: Clone + Ord + Hash> Lanes<K> {
    fn new(max: usize) -> Self {
        Self {
            max,
            lanes: HashMap::new(),
        }
    }

    /// Returns whether there is room for something new; what is not admitted is behind from now on.
    fn admits_new(&mut self, key: &K) -> bool {
        let Some(lane) = self.lanes.get_mut(key) else {
            return true;
        };
        lane.is_behind |= self.max <= lane.reserved;
        !lane.is_behind
    }

    fn is_behind(&self, key: &K) -> bool {
        self.lanes.get(key).is_some_and(|lane| lane.is_behind)
    }

    fn add(&mut self, key: &K) {
        self.lanes.entry(key.clone()).or_default().reserved += 1;
    }

    fn remove(&mut self, key: &K) {
        if let Some(lane) = self.lanes.get_mut(key) {
            lane.reserved -= 1;
            if !lane.is_in_use() {
                self.lanes.remove(key);
            }
        }
    }

    fn left_where_busy(&self) -> BTreeMap<K, usize> {
        let busy = self.lanes.iter().filter(|(_, lane)| 0 < lane.reserved);
        let left = |lane: &Lane| self.max.saturating_sub(lane.reserved);
        busy.map(|(key, lane)| (key.clone(), left(lane))).collect()
    }

    fn is_one_full(&self) -> bool {
        self.lanes.values().any(|lane| self.max <= lane.reserved)
    }

    fn note_left_behind(&mut self) {
        for lane in self.lanes.values_mut() {
            lane.is_behind = self.max <= lane.reserved;
        }
        self.lanes.retain(|_, lane| lane.is_in_use());
    }
}

impl Lane {
    fn is_in_use(&self) -> bool {
        self.is_behind || 0 < self.reserved
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        let mut reserved = self.slots.reserved();
        reserved.total -= 1;
        reserved.endpoints.remove(&self.endpoint_id);
        reserved.destinations.remove(&self.destination);
    }
}
