//! Where a service keeps its data, a look into it with another implementation's eyes, and a hand
//! in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use xtask::postgres::{Cluster, Pooler, Programs};

use super::{binary, tools};

/// A database of one test; dropping it removes it.
pub(crate) enum Database {
    Sqlite(PathBuf),
    Postgres(Postgres),
}

/// A database on a PostgreSQL server.
pub(crate) struct Postgres {
    programs: Programs,
    /// The server's URL, without a database.
    server: String,
    /// The same, as the service is to reach it.
    reached_by: String,
    name: String,
    /// How it is connected to: empty, or a `?` and the parameters.
    parameters: String,
}

/// The file of every service's SQLite database, in its folder.
const SQLITE_FILE: &str = "kayle.db";

const COUNT: &str = "\
import sqlite3, sys
database = sqlite3.connect(f'file:{sys.argv[1]}?mode=ro', uri=True)
print(database.execute(sys.argv[2]).fetchone()[0])";

const CHANGE: &str = "\
import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=30) as database:
    print(database.execute(sys.argv[2]).rowcount)";

impl Database {
    /// Returns a fresh one of the kind that this test run is about: SQLite, or PostgreSQL if
    /// `TEST_DATABASE` says so.
    pub(crate) fn of_this_run(folder: &Path) -> Self {
        if tools::is_about_postgres() {
            Self::postgres()
        } else {
            Self::sqlite(folder)
        }
    }

    /// Returns a file in this folder that is not there yet.
    pub(crate) fn sqlite(folder: &Path) -> Self {
        Self::Sqlite(folder.join(SQLITE_FILE))
    }

    /// Creates a migrated, empty database on the test run's server.
    pub(crate) fn postgres() -> Self {
        Self::postgres_from("kayle_template")
    }

    /// Creates a database without any table on the test run's server.
    pub(crate) fn bare_postgres() -> Self {
        Self::postgres_from("template0")
    }

    fn postgres_from(template: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        // No other running process has this one's id, but an earlier one may have had it.
        let name = format!("t_{}_{number}", std::process::id());
        let database = Postgres {
            programs: Programs::find().expect("PostgreSQL's programs are installed"),
            server: tools::postgres_url(),
            reached_by: tools::postgres_url(),
            name,
            parameters: String::new(),
        };
        database.drop();
        database.on_server(&format!(
            "CREATE DATABASE {} TEMPLATE {template}",
            database.name
        ));
        Self::Postgres(database)
    }

    /// Creates a migrated, empty database on a test's own server.
    pub(crate) async fn on(cluster: &Cluster) -> Self {
        let name = "kayle".to_owned();
        cluster.create_database(&name).expect("the server answers");
        let url = cluster.url(&name);
        let settings = [("KAYLE_DATABASE_URL", url.as_str())];
        let mut migrate = binary::command(Path::new("/"), settings);
        let migrated = migrate.args(["migrate", "up"]).output().await;
        let migrated = migrated.expect("the binary can be started");
        assert!(migrated.status.success(), "{migrated:?}");
        Self::Postgres(Postgres {
            programs: Programs::find().expect("PostgreSQL's programs are installed"),
            server: cluster.base_url(),
            reached_by: cluster.base_url(),
            name,
            parameters: String::new(),
        })
    }

    /// Returns the URL that the service is configured with.
    pub(crate) fn url(&self) -> String {
        match self {
            Self::Sqlite(file) => format!("sqlite://{}?mode=rwc", file.display()),
            Self::Postgres(database) => database.url(),
        }
    }

    /// Has everyone connect with these parameters, such as `?sslmode=require`.
    pub(crate) fn connected_with(mut self, parameters: &str) -> Self {
        match &mut self {
            Self::Sqlite(_) => panic!("the test runs on a SQLite file"),
            Self::Postgres(database) => parameters.clone_into(&mut database.parameters),
        }
        self
    }

    /// Has everyone connect through a pooler in front of the server.
    pub(crate) fn reached_through(mut self, pooler: &Pooler) -> Self {
        match &mut self {
            Self::Sqlite(_) => panic!("the test runs on a SQLite file"),
            Self::Postgres(database) => database.reached_by = pooler.base_url(),
        }
        self
    }

    /// Returns the one on a PostgreSQL server.
    pub(crate) fn expect_postgres(&self) -> &Postgres {
        match self {
            Self::Sqlite(_) => panic!("the test runs on a SQLite file"),
            Self::Postgres(database) => database,
        }
    }
}

impl Postgres {
    pub(crate) fn url(&self) -> String {
        format!("{}/{}{}", self.reached_by, self.name, self.parameters)
    }

    /// Runs a statement and returns what it answers as text.
    pub(crate) fn query(&self, sql: &str) -> String {
        let answer = self.programs.query(&self.url(), sql);
        answer.expect("the statement is good and the server there")
    }

    /// Runs a statement that concerns the whole server.
    pub(crate) fn on_server(&self, sql: &str) -> String {
        let answer = self
            .programs
            .query(&format!("{}/postgres", self.server), sql);
        answer.expect("the statement is good and the server there")
    }

    /// Returns a `psql` on this database, to be kept open.
    pub(crate) fn psql(&self) -> Command {
        self.programs.psql(&self.url())
    }

    /// Returns one of PostgreSQL's client programs.
    pub(crate) fn program(&self, name: &str) -> Command {
        self.programs.client(name)
    }

    /// Returns everything that is in it as text.
    pub(crate) fn dump(&self) -> String {
        self.programs.dump(&self.url()).expect("the server answers")
    }

    fn drop(&self) {
        let drop = format!("DROP DATABASE IF EXISTS {} WITH (FORCE)", self.name);
        let server = format!("{}/postgres", self.server);
        // Its server may be gone already, and the database with it.
        let _ = self.programs.query(&server, &drop);
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        Self::drop(self);
    }
}

/// Changes rows behind the service's back, and returns how many. `sql` is a test's own.
pub(crate) async fn change(database: &Database, sql: &str) -> u64 {
    let changed = match database {
        Database::Sqlite(file) => run(CHANGE, file, sql).await,
        Database::Postgres(database) => database.query(&format!(
            "WITH changed AS ({sql} RETURNING 1) SELECT count(*) FROM changed"
        )),
    };
    changed.parse().expect("a count is a number")
}

/// Changes a row behind the service's back to what no rule of the schema allows: SQLite does not
/// look at them, and PostgreSQL has lost them afterwards.
pub(crate) async fn damage(database: &Database, sql: &str) {
    let changed = match database {
        Database::Sqlite(file) => run(DAMAGE, file, sql).await,
        Database::Postgres(postgres) => {
            postgres.query(WITHOUT_RULES);
            change(database, sql).await.to_string()
        }
    };
    assert_eq!(changed, "1", "{sql}");
}

const DAMAGE: &str = "\
import sqlite3, sys
with sqlite3.connect(sys.argv[1], timeout=30) as database:
    database.execute('PRAGMA ignore_check_constraints = ON')
    print(database.execute(sys.argv[2]).rowcount)";

const WITHOUT_RULES: &str = "\
DO $$ DECLARE rule record; BEGIN \
FOR rule IN SELECT conrelid::regclass AS of, conname FROM pg_constraint \
WHERE contype = 'c' AND connamespace = 'public'::regnamespace LOOP \
EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', rule.of, rule.conname); \
END LOOP; END $$";

/// Adds a column to every table behind the service's back, as an administrator or a newer version
/// does, and returns how many tables there are.
pub(crate) async fn widen_every_table(database: &Database, column: &str) -> usize {
    let tables = match database {
        Database::Sqlite(file) => run(COUNT, file, SQLITE_TABLES).await,
        Database::Postgres(database) => database.query(POSTGRES_TABLES),
    };
    let tables: Vec<&str> = tables.split(' ').collect();
    for table in &tables {
        let widen = format!("ALTER TABLE {table} ADD COLUMN {column} text");
        match database {
            Database::Sqlite(file) => run(CHANGE, file, &widen).await,
            Database::Postgres(database) => database.query(&widen),
        };
    }
    tables.len()
}

const SQLITE_TABLES: &str =
    "SELECT group_concat(name, ' ') FROM sqlite_schema WHERE type = 'table'";
const POSTGRES_TABLES: &str =
    "SELECT string_agg(tablename, ' ') FROM pg_tables WHERE schemaname = 'public'";

/// Counts the rows of a table.
pub(crate) async fn count(database: &Database, table: &str) -> u64 {
    let sql = format!("SELECT count(*) FROM {table}");
    let counted = match database {
        Database::Sqlite(file) => run(COUNT, file, &sql).await,
        Database::Postgres(database) => database.query(&sql),
    };
    counted.parse().expect("a count is a number")
}

/// Reads one text.
pub(crate) async fn text(database: &Database, sql: &str) -> String {
    match database {
        Database::Sqlite(file) => run(COUNT, file, sql).await,
        Database::Postgres(database) => database.query(sql),
    }
}

/// Runs a program in Python that prints one value.
async fn run(program: &str, database: &Path, sql: &str) -> String {
    let output = tokio::process::Command::new(tools::python())
        .args(["-c", program])
        .arg(database)
        .arg(sql)
        .stderr(Stdio::inherit())
        .output()
        .await
        .expect("Python can be started");
    assert!(output.status.success(), "{sql} failed");
    let printed = String::from_utf8(output.stdout).expect("a value is text");
    printed.trim().to_owned()
}
