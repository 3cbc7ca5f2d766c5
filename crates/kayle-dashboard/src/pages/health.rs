//! How the latest deliveries of an endpoint went.

use kayle_delivery::{Delivery, DeliveryState, Payload, ScrubReason};
use kayle_primitives::Timestamp;

use crate::parts::Tone;

/// The share of failures from which an endpoint is called failing: one in twenty.
const FAILING_FROM: usize = 20;

/// How the latest deliveries went, the newest last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Health {
    /// One mark a delivery, the oldest first.
    pub(crate) marks: Vec<Mark>,
    delivered: usize,
    failed: usize,
}

/// How one delivery went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Mark {
    Delivered,
    /// Given up, or not accepted so far.
    Failed,
    Waiting,
    Withdrawn,
}

impl Mark {
    fn of(delivery: &Delivery) -> Self {
        match (&delivery.state, &delivery.payload) {
            (DeliveryState::Succeeded, _) => Self::Delivered,
            (
                DeliveryState::Failed,
                Payload::Scrubbed {
                    reason: ScrubReason::PrivacyRequest,
                    ..
                },
            ) => Self::Withdrawn,
            (DeliveryState::Failed, _) => Self::Failed,
            (
                DeliveryState::Pending { .. }
                | DeliveryState::Held { .. }
                | DeliveryState::Delivering { .. },
                _,
            ) => {
                if 0 < delivery.attempt_count {
                    Self::Failed
                } else {
                    Self::Waiting
                }
            }
        }
    }

    /// Returns the colour of its mark.
    pub(crate) fn tone(self) -> Tone {
        match self {
            Self::Delivered => Tone::Ok,
            Self::Failed => Tone::Bad,
            Self::Waiting => Tone::Info,
            Self::Withdrawn => Tone::Erased,
        }
    }
}

impl Health {
    /// Judges deliveries of the last day, newest first.
    pub(crate) fn of(latest: &[Delivery], now: Timestamp) -> Self {
        /// Older ones say nothing of today.
        const DAY: std::time::Duration = std::time::Duration::from_hours(24);
        let recent = latest
            .iter()
            .take_while(|delivery| now.since(delivery.created_at) <= DAY);
        let mut marks: Vec<Mark> = recent.map(Mark::of).collect();
        marks.reverse();
        let count = |mark| marks.iter().filter(|one| **one == mark).count();
        Self {
            delivered: count(Mark::Delivered),
            failed: count(Mark::Failed),
            marks,
        }
    }

    /// Returns whether one in twenty or more were not accepted.
    pub(crate) fn is_failing(&self) -> bool {
        0 < self.failed && self.delivered + self.failed <= self.failed * FAILING_FROM
    }

    /// Returns the share of those accepted, in percent; `None` without any.
    pub(crate) fn success_percent(&self) -> Option<usize> {
        let all = self.delivered + self.failed;
        (0 < all).then(|| self.delivered * 100 / all)
    }

    /// Says it in a sentence.
    pub(crate) fn sentence(&self) -> String {
        match self.success_percent() {
            None if self.marks.is_empty() => "No deliveries in 24 h".to_owned(),
            None => "None tried yet".to_owned(),
            Some(percent) => format!(
                "{percent} % of the last {} delivered",
                self.delivered + self.failed
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn health(delivered: usize, failed: usize) -> Health {
        let marks = Vec::new();
        Health {
            marks,
            delivered,
            failed,
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
        assert_eq!(health(9, 1).sentence(), "90 % of the last 10 delivered");
    }
}
