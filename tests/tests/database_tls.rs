//! TLS between the service and PostgreSQL.

use std::fs;
use std::path::Path;

use kayle_testkit::receiver::Behaviour;
use rcgen::generate_simple_self_signed;
use tempfile::TempDir;
use xtask::postgres::{Cluster, Durability};

use crate::support::database::Database;
use crate::support::{Customer, Installation, SECRET_KEY, binary, within_patience};

/// A server that wants TLS, and a folder with the certificates `server.pem` and `other.pem`.
async fn tls_server(name: &str) -> (Cluster, Database, TempDir) {
    let cluster = Cluster::start(Durability::None).expect("a server starts");
    let database = Database::on(&cluster).await;
    let folder = tempfile::tempdir().expect("there is room for a folder");
    let identity = generate_simple_self_signed([name.to_owned()]).expect("it is a name");
    let other = generate_simple_self_signed([name.to_owned()]).expect("it is a name");
    fs::write(folder.path().join("server.pem"), identity.cert.pem())
        .expect("there is room for a file");
    fs::write(folder.path().join("other.pem"), other.cert.pem()).expect("there is room for a file");
    cluster
        .demand_tls(&identity.cert.pem(), &identity.signing_key.serialize_pem())
        .expect("the server takes the certificate");
    (cluster, database, folder)
}

#[tokio::test]
async fn a_node_delivers_over_tls_to_a_database_that_it_has_verified() {
    let (_cluster, database, folder) = tls_server("127.0.0.1").await;
    let database = database.connected_with(&verified_by(&folder.path().join("server.pem")));
    let installation = Installation::start_on(database, &[]).await;
    let _customer = Customer::register(installation.api(), Behaviour::good()).await;
    let delivery_id = installation.deliver_success().await;
    installation.delivery_in("succeeded", &delivery_id).await;
    let connections = "SELECT count(*) > 0 AND bool_and(ssl) FROM pg_stat_ssl \
                       JOIN pg_stat_activity USING (pid) \
                       WHERE application_name = 'kayle-webhooks'";
    let database = installation.service.database().expect_postgres();
    assert_eq!(database.query(connections), "t");
}

#[tokio::test]
async fn a_database_that_cannot_be_verified_is_not_spoken_to() {
    let (_cluster, database, folder) = tls_server("db.example").await;
    let url = database.url();
    let server = folder.path().join("server.pem");
    let other = folder.path().join("other.pem");
    for (parameters, told) in [
        ("?sslmode=disable".to_owned(), "no encryption"),
        (verified_by(&server), "not valid for name"),
        (verified_by(&other), "invalid peer certificate"),
        (
            verified_by(&folder.path().join("missing.pem")),
            "sslrootcert",
        ),
    ] {
        let stderr = refusal(&format!("{url}{parameters}")).await;
        assert!(
            stderr.contains("KAYLE_DATABASE_URL"),
            "{parameters}: {stderr}"
        );
        assert!(stderr.contains(told), "{parameters}: {stderr}");
    }
}

fn verified_by(certificate: &Path) -> String {
    format!("?sslmode=verify-full&sslrootcert={}", certificate.display())
}

/// Returns what a command says that cannot connect to its database.
async fn refusal(url: &str) -> String {
    let settings = [
        ("KAYLE_DATABASE_URL", url),
        ("KAYLE_SECRET_KEY", SECRET_KEY),
    ];
    let mut status = binary::command(Path::new("/"), settings);
    let ending = status.args(["migrate", "status"]).output();
    let output = within_patience("the command ends", ending).await;
    let output = output.expect("the binary can be started");
    assert_eq!(output.status.code(), Some(1), "{output:?}");
    String::from_utf8_lossy(&output.stderr).into_owned()
}
