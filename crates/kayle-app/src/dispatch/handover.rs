//! Hand-over: a delivery goes from the commit that made it straight to the dispatcher of the same
//! process, already leased. Its first request needs no claim, and reads nothing.
//!
//! A process that dies in between leaves a lease that runs out.

use std::sync::{Arc, Mutex, MutexGuard};

use kayle_endpoints::Endpoint;
use kayle_primitives::Timestamp;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

use super::claim::Claim;
use super::slots::{Reservation, Slots};
use crate::Webhooks;

/// A delivery that is leased to this process and committed.
#[derive(Debug)]
pub struct HandedOver {
    /// The claim: this one delivery.
    pub claim: Claim,
    /// The request that is reserved for it.
    pub reservation: Reservation,
}

/// Where new deliveries are handed over, while a dispatcher takes them.
#[derive(Debug, Default)]
pub(crate) struct Handover(Mutex<Option<Taker>>);

#[derive(Debug)]
struct Taker {
    slots: Arc<Slots>,
    deliveries: UnboundedSender<HandedOver>,
}

impl Webhooks {
    /// Hands over new deliveries from now on, as far as there are slots. Their number is bounded by
    /// what the slots let be reserved.
    pub fn take_new_deliveries(&self, slots: Arc<Slots>) -> UnboundedReceiver<HandedOver> {
        let (deliveries, taken) = unbounded_channel();
        *self.handover.taker() = Some(Taker { slots, deliveries });
        taken
    }

    /// Leaves new deliveries to the queue from now on.
    pub fn leave_new_deliveries(&self) {
        *self.handover.taker() = None;
    }
}

impl Handover {
    /// Reserves a request for a new delivery; `None` if it has to wait in the queue.
    pub(crate) fn reserve(&self, endpoint: &Endpoint) -> Option<Reservation> {
        let taker = self.taker();
        let taker = taker.as_ref()?;
        if taker.deliveries.is_closed() {
            return None;
        }
        taker.slots.reserve_for_new(endpoint)
    }

    /// Hands over what was committed by now. What nobody takes any more goes on when its lease runs
    /// out.
    pub(crate) fn hand_over(&self, deliveries: Vec<HandedOver>, now: Timestamp) {
        let taker = self.taker();
        let Some(taker) = taker.as_ref() else {
            return;
        };
        for mut delivery in deliveries {
            delivery.claim.committed_at = now;
            if taker.deliveries.send(delivery).is_err() {
                return;
            }
        }
    }

    fn taker(&self) -> MutexGuard<'_, Option<Taker>> {
        self.0
            .lock()
            .expect("nothing panics while it holds the taker")
    }
}
