//! PostgreSQL behind PgBouncer.

use kayle_testkit::receiver::Behaviour;
use xtask::postgres::Pooler;

use crate::support::database::Database;
use crate::support::{Customer, Installation, SECRET_KEY, binary, tools, within_patience};

#[tokio::test]
async fn a_node_delivers_behind_a_pooler_that_keeps_sessions() {
    let pooler = in_mode("session");
    let database = Database::postgres().reached_through(&pooler);
    let installation = Installation::start_on(database, &[]).await;
    let _customer = Customer::register(installation.api(), Behaviour::good()).await;
    let delivery_id = installation.deliver_success().await;
    installation.delivery_in("succeeded", &delivery_id).await;
    assert!(
        !installation
            .service
            .log()
            .contains("wake-ups between processes are interrupted"),
        "LISTEN works"
    );
}

#[tokio::test]
async fn a_pooler_that_shares_sessions_is_refused_with_the_reason() {
    for mode in ["transaction", "statement"] {
        let pooler = in_mode(mode);
        let database = Database::postgres().reached_through(&pooler);
        let folder = tempfile::tempdir().expect("there is room for a throw-away folder");
        let url = database.url();
        let settings = [
            ("KAYLE_DATABASE_URL", url.as_str()),
            ("KAYLE_SECRET_KEY", SECRET_KEY),
            ("KAYLE_LISTEN", "127.0.0.1:0"),
        ];
        let mut serve = binary::command(folder.path(), settings);
        let serve = within_patience("the start is refused", serve.arg("serve").output()).await;
        let serve = serve.expect("the binary can be started");
        let stderr = String::from_utf8_lossy(&serve.stderr);
        assert!(!serve.status.success(), "{mode}");
        assert!(
            stderr.contains("use pool_mode = session"),
            "{mode}: {stderr}"
        );
    }
}

/// Starts PgBouncer in front of the test run's server.
fn in_mode(mode: &str) -> Pooler {
    let url = tools::postgres_url();
    let port = url.rsplit(':').next().and_then(|port| port.parse().ok());
    Pooler::start(port.expect("the server's URL ends in a port"), mode).expect("PgBouncer starts")
}
