//! How the latest deliveries of an endpoint went.

use kayle_delivery::{Delivery, DeliveryState, Payload, ScrubReason};
use kayle_primitives::Timestamp;

use crate::limits::{FAILING_FROM, HEALTH_SPAN};

/// How the latest deliveries went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Health {
    delivered: usize,
    failed: usize,
    waiting: usize,
}

impl Health {
    /// Judges deliveries of the last day, newest first.
    pub(crate) fn of(latest: &[Delivery], now: Timestamp) -> Self {
        let recent = latest
            .iter()
            .take_while(|delivery| now.since(delivery.created_at) <= HEALTH_SPAN);
        let mut health = Self::default();
        for delivery in recent {
            health.count(delivery);
        }
        health
    }

    fn count(&mut self, delivery: &Delivery) {
        let count = match (&delivery.state, &delivery.payload) {
            (DeliveryState::Succeeded, _) => &mut self.delivered,
            (
                DeliveryState::Failed,
                Payload::Scrubbed {
                    reason: ScrubReason::PrivacyRequest,
                    ..
                },
            ) => return,
            (DeliveryState::Failed, _) => &mut self.failed,
            (
                DeliveryState::Pending { .. }
                | DeliveryState::Held { .. }
                | DeliveryState::Delivering { .. },
                _,
            ) => {
                if 0 < delivery.attempt_count {
                    &mut self.failed
                } else {
                    &mut self.waiting
                }
            }
        };
        *count += 1;
    }

    /// Returns whether one in twenty or more were given up, or not accepted so far.
    pub(crate) fn is_failing(self) -> bool {
        0 < self.failed && self.delivered + self.failed <= self.failed * FAILING_FROM
    }

    /// Says it in a sentence.
    pub(crate) fn sentence(self) -> String {
        let tried = self.delivered + self.failed;
        match (tried, self.waiting) {
            (0, 0) => "No deliveries in 24 h".to_owned(),
            (0, _) => "None tried yet".to_owned(),
            _ => format!("{} of the last {tried} delivered", self.delivered),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(delivered: usize, failed: usize) -> Health {
        Health {
            delivered,
            failed,
            waiting: 0,
        }
    }

    #[test]
    fn one_failure_in_twenty_is_failing() {
        assert!(!health(10, 0).is_failing());
        assert!(!health(20, 1).is_failing());
        assert!(health(19, 1).is_failing());
        assert!(health(0, 1).is_failing());
        assert!(!health(0, 0).is_failing());
    }

    #[test]
    fn a_share_is_told_where_something_was_tried() {
        assert_eq!(health(0, 0).sentence(), "No deliveries in 24 h");
        assert_eq!(health(9, 1).sentence(), "9 of the last 10 delivered");
    }
}
