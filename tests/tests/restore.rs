//! A backup of a running service, restored: what was not delivered yet goes out from there. The
//! commands are those of `docs/operations.md`.

use std::path::Path;
use std::process::Command;

use kayle_testkit::receiver::Behaviour;

use crate::support::database::{self, Database};
use crate::support::report::success;
use crate::support::service::Launch;
use crate::support::{Customer, Installation, Service, eventually, tools};

/// Deliveries of each kind: delivered before the backup, and held back during it.
const DELIVERIES: usize = 8;

const BACKUP: &str = "\
import sqlite3, sys
a = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True)
b = sqlite3.connect(sys.argv[2])
a.backup(b)";

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_of_sqlite_delivers_what_was_not_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let (live, restored) = (folder.path().join("live.db"), folder.path().join("new.db"));
    let mut loaded = loaded(Database::Sqlite(live.clone())).await;

    let backup = folder.path().join("backup.db");
    let arguments = [Path::new("-c"), Path::new(BACKUP), &live, &backup];
    succeed(Command::new(tools::python()).args(arguments));
    loaded.lose().await;
    std::fs::rename(&backup, &restored).unwrap();
    std::fs::rename(key(&live), key(&restored)).unwrap();

    loaded.goes_on_from(Database::Sqlite(restored)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_backup_of_postgresql_delivers_what_was_not_delivered() {
    let folder = tempfile::tempdir().unwrap();
    let (live, restored) = (Database::postgres(), Database::bare_postgres());
    let (from, to) = (live.url(), restored.url());
    let mut loaded = loaded(live).await;

    let dump = folder.path().join("kayle.dump");
    let mut pg_dump = restored.expect_postgres().program("pg_dump");
    succeed(
        pg_dump
            .args(["--format=custom", &from, "--file"])
            .arg(&dump),
    );
    loaded.lose().await;
    let mut pg_restore = restored.expect_postgres().program("pg_restore");
    succeed(
        pg_restore
            .args(["--no-owner", "--exit-on-error", "--dbname", &to])
            .arg(&dump),
    );

    loaded.goes_on_from(restored).await;
}

/// An installation that has delivered something, and holds something back.
struct Loaded {
    installation: Installation,
    customer: Customer,
}

async fn loaded(database: Database) -> Loaded {
    // What a backup catches in the middle of a claim waits for the end of its lease.
    let settings = [
        ("KAYLE_DELIVERY_TIMEOUT", "2s"),
        ("KAYLE_DELIVERY_LEASE", "4s"),
    ];
    let installation = Installation::start_on(database, &settings).await;
    let customer = Customer::register(installation.api(), Behaviour::good()).await;
    for _ in 0..DELIVERIES {
        let delivery = installation.deliver_success().await;
        installation.delivery_in("succeeded", &delivery).await;
    }
    let organization = &installation.organization.id;
    let sessions = sessions(&installation).await;
    installation
        .service
        .admin(&["organization", "freeze", organization])
        .await;
    for session_id in sessions {
        installation.report(&session_id, &success()).await.data();
    }
    Loaded {
        installation,
        customer,
    }
}

/// Opens sessions while the organization may still do so.
async fn sessions(installation: &Installation) -> Vec<String> {
    let mut sessions = Vec::new();
    for _ in 0..DELIVERIES {
        sessions.push(installation.session_id().await);
    }
    sessions
}

impl Loaded {
    /// Ends the installation as if its machine had burnt down.
    async fn lose(&mut self) {
        self.installation.service.kill().await;
    }

    /// Starts a service on the restored database, and sees everything delivered and nothing twice.
    async fn goes_on_from(self, database: Database) {
        let mut installation = self.installation;
        let service = Service::start_on(database, Launch::Directly, &[]).await;
        let found = service.admin(&["doctor"]).await;
        assert_eq!(found["whole"], true, "{found}");
        let organization = &installation.organization.id;
        service
            .admin(&["organization", "unfreeze", organization])
            .await;
        installation.move_to(service);

        let everything = 2 * DELIVERIES;
        let requests = self.customer.requests(everything).await;
        for request in &requests {
            self.customer.open(request);
        }
        eventually("everything has succeeded", async || {
            let deliveries = installation.api().list("/v1/webhooks/deliveries").await;
            let succeeded = |delivery: &serde_json::Value| delivery["status"] == "succeeded";
            (deliveries.len() == everything && deliveries.iter().all(succeeded)).then_some(())
        })
        .await;
        assert_eq!(self.customer.receiver.received().len(), everything);
        let database = installation.service.database();
        assert_eq!(database::count(database, "delivery_payloads").await, 0);
    }
}

/// The secret key beside a SQLite file.
fn key(database: &Path) -> std::path::PathBuf {
    let mut key = database.as_os_str().to_owned();
    key.push(".key");
    key.into()
}

fn succeed(command: &mut Command) {
    let output = command.output().expect("the program can be started");
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {stderr}");
}
