//! How many requests may be under way in a process, and who waits for one.
//!
//! The cast: [`Slots`] counts, all endpoints together and each by itself; a [`Reservation`] is one
//! delivery's claim to a request; a [`Slot`] is the right to make it.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, MutexGuard};

use kayle_primitives::EndpointId;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::Room;

/// The requests that may be under way.
#[derive(Debug)]
pub struct Slots {
    total_max: usize,
    per_endpoint_max: usize,
    total: Arc<Semaphore>,
    reserved: Mutex<Reserved>,
}

#[derive(Debug)]
struct Reserved {
    total: usize,
    endpoints: HashMap<EndpointId, AtEndpoint>,
    /// Whether any endpoint may have deliveries that wait in the queue.
    is_behind: bool,
}

#[derive(Debug)]
struct AtEndpoint {
    slots: Arc<Semaphore>,
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
}

/// The right to make a request. Dropping it lets another one begin.
#[derive(Debug)]
pub struct Slot {
    _endpoint: OwnedSemaphorePermit,
    _total: OwnedSemaphorePermit,
}

impl Slots {
    /// Creates slots of which none is taken; it is taken for granted that deliveries wait.
    pub fn new(total_max: usize, per_endpoint_max: usize) -> Self {
        Self {
            total_max,
            per_endpoint_max,
            total: Arc::new(Semaphore::new(total_max)),
            reserved: Mutex::new(Reserved {
                total: 0,
                endpoints: HashMap::new(),
                is_behind: true,
            }),
        }
    }

    /// Reserves a request for a delivery that was claimed.
    pub fn reserve(self: &Arc<Self>, endpoint_id: EndpointId) -> Reservation {
        let mut reserved = self.reserved();
        reserved.total += 1;
        reserved.at(&endpoint_id, self.per_endpoint_max).reserved += 1;
        drop(reserved);
        Reservation {
            slots: Arc::clone(self),
            endpoint_id,
        }
    }

    /// Reserves a request for a new delivery; `None` if it has to wait in the queue.
    pub fn reserve_for_new(self: &Arc<Self>, endpoint_id: &EndpointId) -> Option<Reservation> {
        let mut reserved = self.reserved();
        if reserved.is_behind || self.total_max <= reserved.total {
            return None;
        }
        let at_endpoint = reserved.at(endpoint_id, self.per_endpoint_max);
        at_endpoint.is_behind |= self.per_endpoint_max <= at_endpoint.reserved;
        let has_room = !at_endpoint.is_behind;
        drop(reserved);
        has_room.then(|| self.reserve(endpoint_id.clone()))
    }

    /// Returns what a claim may take; `unsettled` requests are over but still count.
    pub fn room(&self, unsettled: usize) -> Room {
        let reserved = self.reserved();
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

    /// Returns whether some endpoint can take no more before one of its requests ends.
    pub fn saturate_an_endpoint(&self) -> bool {
        let reserved = self.reserved();
        let mut endpoints = reserved.endpoints.values();
        endpoints.any(|at_endpoint| self.per_endpoint_max <= at_endpoint.reserved)
    }

    /// Notes what a claim had to leave behind: what is new comes after it.
    pub fn note_left_behind(&self, left: LeftBehind) {
        let mut reserved = self.reserved();
        reserved.is_behind = left == LeftBehind::OfAny;
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
    fn at(&mut self, endpoint_id: &EndpointId, slots: usize) -> &mut AtEndpoint {
        self.endpoints
            .entry(endpoint_id.clone())
            .or_insert_with(|| AtEndpoint {
                slots: Arc::new(Semaphore::new(slots)),
                reserved: 0,
                is_behind: false,
            })
    }
}

impl Reservation {
    /// Waits for the right to make the request; first come, first served.
    pub async fn slot(&self) -> Slot {
        let at_endpoint = {
            let mut reserved = self.slots.reserved();
            let at_endpoint = reserved.at(&self.endpoint_id, self.slots.per_endpoint_max);
            Arc::clone(&at_endpoint.slots)
        };
        let never_closed = "a semaphore of slots is never closed";
        let endpoint = at_endpoint.acquire_owned().await.expect(never_closed);
        let total = Arc::clone(&self.slots.total).acquire_owned().await;
        Slot {
            _endpoint: endpoint,
            _total: total.expect(never_closed),
        }
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
