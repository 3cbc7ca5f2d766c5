//! What the dispatcher does next: a pure machine over what it has seen and the time.
//!
//! The runner asks [`Pace::next`] what to do, does it, and tells what came of it; it decides nothing
//! itself. Times are of any clock that never goes back.

use std::time::Duration;

use crate::dispatcher::ClaimEnd;

/// The longest time between two looks at the queue: what a lost wake-up costs at most, and how
/// often an idle loop shows that it is alive.
const POLL_INTERVAL: Duration = Duration::from_secs(1);

/// The shortest time between two looks that nobody asked for: something is due that cannot be
/// claimed, because its payload has just expired or another process has it.
const POLL_INTERVAL_MIN: Duration = Duration::from_millis(100);

/// How long the loop leaves a store alone that has just failed.
pub(crate) const STORE_PAUSE: Duration = Duration::from_millis(250);

/// How long results that come one after the other are gathered, so that they share a commit. The
/// first one after a quiet time waits for nothing, and none waits where its end makes room for
/// what is due.
const GATHERED_FOR: Duration = Duration::from_millis(20);

/// What to do next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Act {
    /// Write down what has ended.
    Settle,
    /// Claim what there is room for.
    Claim,
    /// Find out when something is due next.
    Look,
    /// Wait for whatever happens, until this moment at the latest.
    WaitUntil(Duration),
    /// Leave the store alone until this moment.
    PauseUntil(Duration),
}

/// Where the loop stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pace {
    queue: Queue,
    /// Whether something has ended that is not written down.
    has_ended: bool,
    /// When results may be written that nobody waits for.
    settle_from: Duration,
    /// Until when the store is left alone.
    paused_until: Duration,
}

/// What is known of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Queue {
    /// More may be due.
    MoreDue,
    /// More may be due, and a request must end before it can be claimed; it is tried again at the
    /// latest at this moment.
    NoRoom(Duration),
    /// All that was due is claimed.
    AllClaimed,
    /// Something is due at this moment, or is due already and could not be claimed.
    DueAt(Duration),
    /// Nothing is pending, as far as is known; it is looked at again at this moment.
    LookAt(Duration),
}

impl Pace {
    /// Begins with a claim.
    pub(crate) fn new() -> Self {
        Self {
            queue: Queue::MoreDue,
            has_ended: false,
            settle_from: Duration::ZERO,
            paused_until: Duration::ZERO,
        }
    }

    /// Returns what to do now.
    pub(crate) fn next(&self, now: Duration) -> Act {
        if now < self.paused_until {
            return Act::PauseUntil(self.paused_until);
        }
        if self.has_ended && (self.settle_from <= now || self.makes_room()) {
            return Act::Settle;
        }
        let look_at = match self.queue {
            Queue::MoreDue => return Act::Claim,
            Queue::AllClaimed => return Act::Look,
            Queue::NoRoom(at) | Queue::DueAt(at) if at <= now => return Act::Claim,
            Queue::LookAt(at) if at <= now => return Act::Look,
            Queue::NoRoom(at) | Queue::DueAt(at) | Queue::LookAt(at) => at,
        };
        Act::WaitUntil(if self.has_ended {
            look_at.min(self.settle_from)
        } else {
            look_at
        })
    }

    /// Returns whether the end of a request changes what to do next: while results are gathered,
    /// one more does not.
    pub(crate) fn heeds_ends(&self) -> bool {
        !self.has_ended
    }

    /// Something may be due.
    pub(crate) fn woken(&mut self) {
        self.queue = Queue::MoreDue;
    }

    /// A request has ended.
    pub(crate) fn ended(&mut self) {
        self.has_ended = true;
    }

    /// What had ended is written down: so many results.
    pub(crate) fn settled(&mut self, count: usize, now: Duration) {
        self.has_ended = false;
        if 0 < count {
            self.settle_from = now + GATHERED_FOR;
            if let Queue::NoRoom(_) = self.queue {
                self.queue = Queue::MoreDue;
            }
        }
    }

    /// A claim is over. What has ended meanwhile is settled first: it may be all whose end would be
    /// waited for.
    pub(crate) fn claimed(&mut self, end: ClaimEnd, now: Duration) {
        self.has_ended = true;
        self.queue = match end {
            ClaimEnd::AllDue(_) => Queue::AllClaimed,
            ClaimEnd::FullBatch(_) => Queue::MoreDue,
            ClaimEnd::NoRoom(_) => Queue::NoRoom(now + POLL_INTERVAL),
        };
    }

    /// The next delivery is due after this time; none is pending, if there is none.
    pub(crate) fn looked(&mut self, due_after: Option<Duration>, now: Duration) {
        let was_claimed = self.queue == Queue::AllClaimed;
        self.queue = match due_after {
            Some(Duration::ZERO) if !was_claimed => Queue::MoreDue,
            Some(wait) if wait <= POLL_INTERVAL => Queue::DueAt(now + wait.max(POLL_INTERVAL_MIN)),
            Some(_) | None => Queue::LookAt(now + POLL_INTERVAL),
        };
    }

    /// The store did not do what it was asked for.
    pub(crate) fn failed(&mut self, now: Duration) {
        self.paused_until = now + STORE_PAUSE;
        self.queue = Queue::MoreDue;
        self.has_ended = true;
    }

    /// Returns whether what is due waits for the end of what is under way.
    fn makes_room(&self) -> bool {
        match self.queue {
            Queue::MoreDue | Queue::NoRoom(_) => true,
            Queue::AllClaimed | Queue::DueAt(_) | Queue::LookAt(_) => false,
        }
    }
}

#[cfg(test)]
mod tests;
