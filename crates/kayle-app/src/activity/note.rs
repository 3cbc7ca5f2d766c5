//! What the meter is told of deliveries after a commit, the tally is told too; of tests neither is.

use kayle_delivery::{Delivery, Step};

use crate::Webhooks;
use crate::ports::meter::DeliveryEnd;
use crate::ports::store::SessionStep;

impl Webhooks {
    /// Notes steps of sessions that were committed, with their events and deliveries.
    pub(crate) fn note_committed<'a>(&self, steps: impl Iterator<Item = &'a SessionStep> + Clone) {
        for step in steps.clone() {
            self.meter.step_committed(step);
        }
        let made = steps.flat_map(|step| &step.deliveries);
        self.tally.count_created(self.clock.now(), made);
    }

    /// Notes settlements that were written.
    pub(crate) fn note_settled<'a>(&self, steps: impl Iterator<Item = &'a Step> + Clone) {
        let steps = steps.filter(|step| !step.delivery.is_test);
        for step in steps.clone() {
            self.meter.settled(step);
        }
        self.tally.count_settled(self.clock.now(), steps);
    }

    /// Notes deliveries that have ended without an attempt, as they were before.
    pub(crate) fn note_ended(&self, end: DeliveryEnd, deliveries: &[Delivery]) {
        let deliveries = deliveries.iter().filter(|delivery| !delivery.is_test);
        self.meter.deliveries_ended(end, deliveries.clone().count());
        self.tally.count_ended(self.clock.now(), end, deliveries);
    }
}
