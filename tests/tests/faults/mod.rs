//! What was accepted is delivered, whatever breaks meanwhile.
//!
//! The cast: [`verifiers`] report under load and never give up, as real ones should; [`ledger`]
//! compares what they were promised with what arrived. Every other module breaks one thing in the
//! middle of it: [`killed`] the process, [`two_nodes`] one of two, [`postgres_away`] the database
//! server, [`postgres_silent`] only its voice, [`pool_exhausted`] the way to it, [`disk_full`] the
//! disk; [`key_change`] changes the secret key. Each fault comes once in a test, or as often as `FAULT_ROUNDS` says.

mod disk_full;
mod key_change;
mod killed;
mod ledger;
mod pool_exhausted;
mod postgres_away;
mod postgres_silent;
mod two_nodes;
mod verifiers;

use crate::support::{Customer, tools};

/// A lease of a killed process runs out soon. It is long enough for a machine so busy that an
/// attempt takes a while.
const SETTINGS: [(&str, &str); 6] = [
    ("KAYLE_DELIVERY_TIMEOUT", "2s"),
    ("KAYLE_DELIVERY_LEASE", "4s"),
    ("KAYLE_DELIVERY_CONCURRENCY", IN_FLIGHT_MAX_TEXT),
    ("KAYLE_ENDPOINT_CONCURRENCY", IN_FLIGHT_MAX_TEXT),
    ("KAYLE_SWEEP_INTERVAL", "250ms"),
    (
        "KAYLE_RETRY_SCHEDULE_SHORT",
        "0s,100ms,100ms,200ms,500ms,1s,1s,2s,2s,2s",
    ),
];

/// So many attempts of one process are in flight at most, and so many may be repeated after it
/// was killed.
const IN_FLIGHT_MAX: usize = 32;
const IN_FLIGHT_MAX_TEXT: &str = "32";

/// Reports for each round of a fault: enough that it strikes in the middle of everything.
const REPORTS_OF_A_ROUND: usize = 300;

/// So many of a round have arrived when the fault strikes.
const ARRIVED_BEFORE_THE_FAULT: usize = 60;

/// Returns the numbers of the rounds, from 1.
fn rounds() -> std::ops::RangeInclusive<usize> {
    1..=tools::fault_rounds()
}

/// Waits until a round is in the middle of everything.
async fn under_load(customer: &Customer) {
    let before = customer.receiver.received().len();
    customer.requests(before + ARRIVED_BEFORE_THE_FAULT).await;
}
