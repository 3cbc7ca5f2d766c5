//! The database server dies under load and comes back.

use futures_util::future::join;
use kayle_testkit::receiver::Behaviour;
use xtask::postgres::{Cluster, Durability};

use super::ledger::expect_nothing_lost;
use super::verifiers::Verifiers;
use super::{ARRIVED_BEFORE_THE_FAULT, IN_FLIGHT_MAX, REPORTS_OF_A_ROUND, SETTINGS};
use super::{reports, rounds};
use crate::support::database::Database;
use crate::support::{Customer, Installation};

#[tokio::test(flavor = "multi_thread")]
async fn while_the_database_server_is_away_reports_are_put_off_and_none_is_lost() {
    let cluster = Cluster::start(Durability::Real).unwrap();
    let database = Database::on(&cluster).await;
    let installation = Installation::start_on(database, &SETTINGS).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let verifiers = Verifiers::with_sessions(&installation, reports()).await;

    let stopping = async {
        for round in rounds() {
            let wanted = round * REPORTS_OF_A_ROUND + ARRIVED_BEFORE_THE_FAULT;
            customer.requests(wanted).await;
            cluster.stop_immediately().unwrap();
            verifiers.are_refused().await;
            cluster.start_again().unwrap();
        }
    };
    join(verifiers.report_all(), stopping).await;

    let repeated_max = rounds().len() * IN_FLIGHT_MAX;
    expect_nothing_lost(&installation, &customer, &verifiers, repeated_max).await;
}
