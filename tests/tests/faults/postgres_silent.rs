//! The database server falls silent under load, closes no connection, and speaks again.

use futures_util::future::join;
use kayle_testkit::receiver::Behaviour;
use xtask::postgres::{Cluster, Durability};

use super::ledger::expect_nothing_lost;
use super::verifiers::Verifiers;
use super::{IN_FLIGHT_MAX, SETTINGS, rounds, under_load};
use crate::support::database::Database;
use crate::support::{Customer, Installation};

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_server_is_silent_reports_are_put_off_and_none_is_lost() {
    // Fewer than there are verifiers: some find every connection waiting for an answer.
    let settings = [&SETTINGS[..], &[("KAYLE_DATABASE_CONNECTIONS", "4")]].concat();
    let cluster = Cluster::start(Durability::Real).unwrap();
    let database = Database::on(&cluster).await;
    let installation = Installation::start_on(database, &settings).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let mut verifiers = Verifiers::of(&installation);
    for round in rounds() {
        verifiers.open_sessions(&installation).await;
        let silence = async {
            under_load(&customer).await;
            let frozen = cluster.freeze().unwrap();
            verifiers.expect_to_be_busy();
            verifiers.are_refused().await;
            drop(frozen);
        };
        join(verifiers.report_all(), silence).await;
        expect_nothing_lost(&installation, &customer, &verifiers, round * IN_FLIGHT_MAX).await;
    }
}
