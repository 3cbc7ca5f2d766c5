//! The database under a measurement: the service's own SQLite file, or a private PostgreSQL that
//! keeps what it has committed.

use std::path::Path;
use std::process::{Command, Stdio};

use clap::ValueEnum;
use xtask::postgres::Cluster;
use xtask::workspace;

use crate::service::Settings;

/// Which database the service works on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DatabaseKind {
    /// The embedded one
    Sqlite,
    /// A private cluster, with `fsync` and `synchronous_commit` on
    Postgres,
}

/// A running database; dropping it removes it.
pub(super) enum Database {
    /// A file in the service's folder, which the service makes by itself.
    Sqlite,
    /// A server of its own.
    Postgres(Postgres),
}

/// A private server with one empty database.
pub(super) struct Postgres {
    cluster: Cluster,
    counting: Counting,
}

/// Whether the server counts statements.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Counting {
    On,
    NotInstalled,
}

/// What a server has done since it was started, but for its processor time.
#[derive(Debug, Clone, Copy)]
pub(super) struct ServerCounts {
    /// Bytes of write-ahead log.
    pub(super) wal_bytes: f64,
    /// Transactions that changed something: the ones whose commit waits for the disk.
    pub(super) write_transactions: f64,
    /// Statements of the service, `BEGIN` and `COMMIT` among them; `None` if nobody counts them.
    pub(super) statements: Option<f64>,
}

impl DatabaseKind {
    /// Returns the word of the command line.
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Postgres => "postgres",
        }
    }
}

impl ServerCounts {
    /// Returns what was done after an earlier moment.
    pub(super) fn since(&self, earlier: &Self) -> Self {
        let statements = self.statements.zip(earlier.statements);
        Self {
            wal_bytes: self.wal_bytes - earlier.wal_bytes,
            write_transactions: self.write_transactions - earlier.write_transactions,
            statements: statements.map(|(now, then)| now - then),
        }
    }
}

const NAME: &str = "kayle_load";

/// Base64 of 32 bytes. All nodes need the same key; this one guards nothing.
const SECRET_KEY: &str = "bG9hZC1sb2FkLWxvYWQtbG9hZC1sb2FkLWxvYWQtbG8=";

/// Transactions are counted by the next transaction id. `pg_stat_database.xact_commit` would not do:
/// PostgreSQL's sessions report to it up to ten seconds late.
const COUNTS: &str = "SELECT pg_current_wal_lsn() - '0/0', \
                      pg_snapshot_xmax(pg_current_snapshot())";

const STATEMENTS: &str = "SELECT coalesce(sum(calls), 0) FROM pg_stat_statements \
                          WHERE dbid = (SELECT oid FROM pg_database WHERE datname = 'kayle_load')";

impl Database {
    /// Starts it, empty.
    ///
    /// # Errors
    /// PostgreSQL is asked for and cannot be had.
    pub(super) fn start(kind: DatabaseKind) -> anyhow::Result<Self> {
        match kind {
            DatabaseKind::Sqlite => Ok(Self::Sqlite),
            DatabaseKind::Postgres => Ok(Self::Postgres(Postgres::start()?)),
        }
    }

    /// Returns what tells the service to use it.
    pub(super) fn settings(&self) -> Settings {
        match self {
            Self::Sqlite => Vec::new(),
            Self::Postgres(postgres) => postgres.settings(),
        }
    }

    /// Returns the server, if it is one.
    pub(super) fn server(&self) -> Option<&Postgres> {
        match self {
            Self::Sqlite => None,
            Self::Postgres(postgres) => Some(postgres),
        }
    }

    /// Creates the tables, where the service does not do that by itself.
    pub(super) fn migrate(&self, binary: &Path) -> anyhow::Result<()> {
        match self {
            Self::Sqlite => Ok(()),
            Self::Postgres(postgres) => postgres.migrate(binary),
        }
    }
}

impl Postgres {
    /// Starts a server with an empty database on a disk.
    pub(super) fn start() -> anyhow::Result<Self> {
        let cluster = Cluster::start_on_disk()?;
        let counting = if cluster.count_statements()? {
            Counting::On
        } else {
            Counting::NotInstalled
        };
        cluster.create_database(NAME)?;
        Ok(Self { cluster, counting })
    }

    /// Returns what tells a node to use it.
    pub(super) fn settings(&self) -> Settings {
        vec![
            ("KAYLE_DATABASE_URL", self.cluster.url(NAME)),
            ("KAYLE_SECRET_KEY", SECRET_KEY.to_owned()),
        ]
    }

    /// Creates the tables.
    pub(super) fn migrate(&self, binary: &Path) -> anyhow::Result<()> {
        let mut migrate = Command::new(binary);
        migrate
            .args(["migrate", "up"])
            .env_clear()
            .envs(self.settings())
            .stdout(Stdio::null());
        workspace::run(&mut migrate)
    }

    /// Returns the number of its first process.
    pub(super) fn process_id(&self) -> anyhow::Result<u32> {
        self.cluster.process_id()
    }

    /// Asks what it has done so far. The session that asks is of another database than the
    /// service's, so its statements do not count.
    pub(super) fn counts(&self) -> anyhow::Result<ServerCounts> {
        let counts = self.cluster.query("postgres", COUNTS)?;
        let (wal_bytes, write_transactions) = counts.split_once('|').unwrap_or((&counts, ""));
        let statements = match self.counting {
            Counting::On => Some(self.cluster.query("postgres", STATEMENTS)?.parse()?),
            Counting::NotInstalled => None,
        };
        Ok(ServerCounts {
            wal_bytes: wal_bytes.parse()?,
            write_transactions: write_transactions.parse()?,
            statements,
        })
    }
}
