//! One of two nodes on the same PostgreSQL is killed, then the other.

use std::time::Duration;

use futures_util::future::join;
use kayle_testkit::receiver::Behaviour;

use super::ledger::expect_nothing_lost;
use super::verifiers::Verifiers;
use super::{IN_FLIGHT_MAX, SETTINGS, rounds, under_load};
use crate::support::database::Database;
use crate::support::service::Service;
use crate::support::{Customer, Installation};

/// Requests that must arrive while a node is dead.
const MEANWHILE: usize = 60;

/// The longest silence while one node is dead: well below the lease, at whose end the dead node's
/// deliveries go on, and far above what an ordinary request takes.
const SILENCE_MAX: Duration = Duration::from_secs(3);

#[tokio::test(flavor = "multi_thread")]
async fn when_a_node_is_killed_the_other_goes_on_at_once() {
    let mut installation = Installation::start_on(Database::postgres(), &SETTINGS).await;
    let mut other = installation.service.start_node().await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let mut verifiers = Verifiers::of(&installation);
    for round in rounds() {
        know_both(&verifiers, &installation, &other);
        verifiers.open_sessions(&installation).await;
        let killing = async {
            under_load(&customer).await;
            installation.service.kill().await;
            expect_no_silence(&customer).await;
            installation.start_again().await;
            know_both(&verifiers, &installation, &other);
        };
        join(verifiers.report_all(), killing).await;

        verifiers.open_sessions(&installation).await;
        let killing = async {
            under_load(&customer).await;
            other.kill().await;
            expect_no_silence(&customer).await;
            other.start_again().await;
            know_both(&verifiers, &installation, &other);
        };
        join(verifiers.report_all(), killing).await;
        expect_nothing_lost(
            &installation,
            &customer,
            &verifiers,
            2 * round * IN_FLIGHT_MAX,
        )
        .await;
    }
}

fn know_both(verifiers: &Verifiers, installation: &Installation, other: &Service) {
    let intake = &installation.intake;
    verifiers.know([intake.clone(), intake.moved_to(other.url())]);
}

/// Expects that requests go on arriving.
async fn expect_no_silence(customer: &Customer) {
    let before = customer.receiver.received().len();
    for number in 1..=MEANWHILE {
        let arrived = customer
            .receiver
            .wait_for(before + number, SILENCE_MAX)
            .await;
        arrived.expect("the other node goes on");
    }
}
