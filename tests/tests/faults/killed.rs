//! The process is killed in the middle of everything, as by a power cut.

use std::time::Duration;

use futures_util::future::join;
use kayle_testkit::receiver::{Behaviour, Reaction};

use super::ledger::expect_nothing_lost;
use super::verifiers::Verifiers;
use super::{IN_FLIGHT_MAX, SETTINGS, rounds, under_load};
use crate::support::database::Database;
use crate::support::{Customer, Installation, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_accepted_on_sqlite_is_lost_when_the_process_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    nothing_is_lost(Database::sqlite(folder.path())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_accepted_on_postgres_is_lost_when_the_process_is_killed() {
    nothing_is_lost(Database::postgres()).await;
}

async fn nothing_is_lost(database: Database) {
    let mut installation = Installation::start_on(database, &SETTINGS).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let mut verifiers = Verifiers::of(&installation);
    for round in rounds() {
        verifiers.open_sessions(&installation).await;
        let killing = async {
            under_load(&customer).await;
            installation.service.kill().await;
            verifiers.expect_to_be_busy();
            installation.start_again().await;
            verifiers.know([installation.intake.clone()]);
        };
        join(verifiers.report_all(), killing).await;
        expect_nothing_lost(&installation, &customer, &verifiers, round * IN_FLIGHT_MAX).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_waited_on_sqlite_goes_out_right_after_the_restart() {
    let folder = tempfile::tempdir().unwrap();
    what_only_waited_goes_out_first(Database::sqlite(folder.path())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_only_waited_on_postgres_goes_out_right_after_the_restart() {
    what_only_waited_goes_out_first(Database::postgres()).await;
}

/// One delivery is in flight when the process is killed: it has to wait for the end of its lease.
/// The others have been waiting for their turn.
async fn what_only_waited_goes_out_first(database: Database) {
    const WAITING: usize = 40;
    /// An order of magnitude above the second that it should take, for busy machines, and below
    /// the lease.
    const SOON: Duration = Duration::from_secs(10);
    let settings = [
        ("KAYLE_DELIVERY_CONCURRENCY", "1"),
        ("KAYLE_ENDPOINT_CONCURRENCY", "1"),
        ("KAYLE_DELIVERY_TIMEOUT", "14s"),
        ("KAYLE_DELIVERY_LEASE", "15s"),
    ];
    let mut installation = Installation::start_on(database, &settings).await;
    let first = Behaviour::script([Reaction::Silence]);
    let customer = Customer::register(installation.api(), first).await;
    let in_flight = installation.deliver_success().await;
    customer.requests(1).await;
    let mut waiting = Vec::new();
    for _ in 0..WAITING {
        waiting.push(installation.deliver_success().await);
    }

    installation.service.kill().await;
    installation.start_again().await;

    let received = customer.receiver.wait_for(1 + WAITING, SOON).await;
    let received = received.expect("what waited does not wait for anyone's lease");
    let id = |number: usize| {
        received[number]
            .header("x-kayle-delivery-id")
            .expect("it has one")
    };
    assert_eq!(id(0), in_flight);
    let mut arrived: Vec<_> = (1..=WAITING).map(id).collect();
    arrived.sort_unstable();
    waiting.sort_unstable();
    assert_eq!(arrived, waiting);
    customer.requests(2 + WAITING).await;
    eventually("the one in flight is delivered", async || {
        let delivery = installation.delivery(&in_flight).await;
        (delivery["status"] == "succeeded").then_some(())
    })
    .await;
}
