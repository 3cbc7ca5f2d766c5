//! The database server dies under load and comes back.

use futures_util::future::join;
use kayle_testkit::receiver::Behaviour;
use xtask::postgres::{Cluster, Durability};

use super::ledger::expect_nothing_lost;
use super::verifiers::Verifiers;
use super::{IN_FLIGHT_MAX, SETTINGS, rounds, under_load};
use crate::support::database::Database;
use crate::support::{Customer, Installation};

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_server_is_away_reports_are_put_off_and_none_is_lost() {
    let cluster = Cluster::start(Durability::Real).unwrap();
    let database = Database::on(&cluster).await;
    let installation = Installation::start_on(database, &SETTINGS).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let mut verifiers = Verifiers::of(&installation);
    for round in rounds() {
        verifiers.open_sessions(&installation).await;
        let stopping = async {
            under_load(&customer).await;
            cluster.stop_immediately().unwrap();
            verifiers.are_refused().await;
            cluster.start_again().unwrap();
        };
        join(verifiers.report_all(), stopping).await;
        expect_nothing_lost(&installation, &customer, &verifiers, round * IN_FLIGHT_MAX).await;
    }
}
