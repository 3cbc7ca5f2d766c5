//! Someone holds a lock in the database until every connection waits for it.

use std::io::Write;
use std::process::{Child, Stdio};

use futures_util::future::join;
use kayle_testkit::receiver::Behaviour;

use super::ledger::expect_nothing_lost;
use super::verifiers::Verifiers;
use super::{IN_FLIGHT_MAX, SETTINGS, rounds, under_load};
use crate::support::database::{Database, Postgres};
use crate::support::{Customer, Installation, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn while_no_connection_is_free_reports_are_put_off_and_none_is_lost() {
    let settings = [&SETTINGS[..], &[("KAYLE_DATABASE_CONNECTIONS", "4")]].concat();
    let installation = Installation::start_on(Database::postgres(), &settings).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    let mut verifiers = Verifiers::of(&installation);
    for round in rounds() {
        verifiers.open_sessions(&installation).await;
        let blocking = async {
            under_load(&customer).await;
            let lock = Lock::take(installation.service.database().expect_postgres()).await;
            verifiers.are_refused().await;
            drop(lock);
        };
        join(verifiers.report_all(), blocking).await;
        expect_nothing_lost(&installation, &customer, &verifiers, round * IN_FLIGHT_MAX).await;
    }
}

/// A table that nobody else may even read; dropping this frees it.
struct Lock(Child);

impl Lock {
    async fn take(database: &Postgres) -> Self {
        let mut psql = database.psql();
        let psql = psql.stdin(Stdio::piped()).stdout(Stdio::null()).spawn();
        let mut psql = psql.expect("psql can be started");
        let input = psql.stdin.as_mut().expect("it is piped");
        // The end of the input would end the transaction; it stays open.
        input
            .write_all(b"BEGIN; LOCK TABLE sessions IN ACCESS EXCLUSIVE MODE;\n")
            .expect("psql reads");
        let is_held = "SELECT count(*) FROM pg_locks WHERE granted \
                       AND mode = 'AccessExclusiveLock' AND relation = 'sessions'::regclass";
        eventually("the lock is held", async || {
            (database.query(is_held) == "1").then_some(())
        })
        .await;
        Self(psql)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // The server ends a transaction whose client is gone.
        drop(self.0.stdin.take());
        let _ = self.0.wait();
    }
}
