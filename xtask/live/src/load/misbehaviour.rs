//! Endpoints that fail or are slow, as often as the caller wants.

use std::time::Duration;

use hyper::StatusCode;

/// What the endpoints do wrong, in percent of the deliveries. The choice follows the order of
/// arrival, so it is the same share of every hundred.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Misbehaviour {
    /// Of these the first request is answered 500.
    pub(super) failing_percent: u8,
    /// Of these the first request is answered after a second.
    pub(super) slow_percent: u8,
}

/// How one request is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Reaction {
    pub(super) delay: Duration,
    pub(super) status: StatusCode,
}

/// As a good endpoint answers.
pub(super) const AT_ONCE: Reaction = Reaction {
    delay: Duration::ZERO,
    status: StatusCode::NO_CONTENT,
};

/// What a slow endpoint makes the service wait.
const SLOW: Duration = Duration::from_secs(1);

impl Misbehaviour {
    /// Returns how the first request of the delivery with this number is answered. Failing ones are
    /// counted from the one end of the hundred, slow ones from the other.
    pub(super) fn choose(self, number: usize) -> Reaction {
        /// Shares no factor with a hundred, and so spreads every share over the hundred.
        const STRIDE: usize = 37;
        let place = number % 100 * STRIDE % 100;
        let fails = place < usize::from(self.failing_percent);
        let is_slow = place + usize::from(self.slow_percent) >= 100;
        Reaction {
            delay: if is_slow { SLOW } else { Duration::ZERO },
            status: if fails {
                StatusCode::INTERNAL_SERVER_ERROR
            } else {
                StatusCode::NO_CONTENT
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_hundred_deliveries_hold_the_share_that_misbehaves() {
        fn check(failing_percent: u8, slow_percent: u8) {
            let misbehaviour = Misbehaviour {
                failing_percent,
                slow_percent,
            };
            let reactions: Vec<_> = (700..800)
                .map(|number| misbehaviour.choose(number))
                .collect();
            let failing = reactions
                .iter()
                .filter(|reaction| !reaction.status.is_success());
            let slow = reactions.iter().filter(|reaction| reaction.delay == SLOW);
            assert_eq!(failing.count(), usize::from(failing_percent));
            assert_eq!(slow.count(), usize::from(slow_percent));
        }
        check(0, 0);
        check(1, 0);
        check(0, 33);
        check(10, 20);
        check(100, 100);
    }
}
