//! The PostgreSQL server of a test run, and the database that every test's own is copied from.

use std::path::Path;
use std::process::Command;

use crate::postgres::{Cluster, Durability};
use crate::workspace;

/// A server with a migrated, empty database on it. Tests read its address from the environment.
pub(super) struct TestServer(Cluster);

/// Copying a database is much faster than migrating one.
const TEMPLATE: &str = "kayle_template";

impl TestServer {
    /// Starts the server and migrates the template with the built binary.
    pub(super) fn start(binary: &Path) -> anyhow::Result<Self> {
        println!("starting a PostgreSQL server for the tests");
        let cluster = Cluster::start(Durability::None)?;
        cluster.create_database(TEMPLATE)?;
        let mut migrate = Command::new(binary);
        migrate
            .args(["migrate", "up"])
            .env("KAYLE_DATABASE_URL", cluster.url(TEMPLATE));
        workspace::run(&mut migrate)?;
        Ok(Self(cluster))
    }

    /// Tells a test run where the server is.
    pub(super) fn announce<'a>(&self, tests: &'a mut Command) -> &'a mut Command {
        tests.env("TEST_POSTGRES_URL", self.0.base_url())
    }
}
