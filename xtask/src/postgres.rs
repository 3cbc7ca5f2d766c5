//! A private PostgreSQL server that lives as long as its handle.
//!
//! The cast: [`Cluster`] is the server in a throw-away folder, on a free loopback port, open to
//! everyone on this machine; [`Programs`] are PostgreSQL's own, wherever the distribution put
//! them; an unprivileged user runs them where root would, because PostgreSQL refuses root; the
//! guard ends the server even when its owner is killed; [`Frozen`] keeps it from doing anything.

use std::fs::{self, Permissions};
use std::io;
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};
use tempfile::TempDir;

mod frozen;
mod guard;
mod pooler;
mod programs;

use self::guard::Guard;
use self::programs::User;

pub use self::frozen::Frozen;
pub use self::pooler::Pooler;
pub use self::programs::Programs;

/// Whether a commit waits for the disk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Durability {
    /// As in production: what is committed survives an immediate stop.
    Real,
    /// Nothing survives an immediate stop, and everything is faster.
    None,
}

/// A running server with a superuser `kayle` that needs no password.
pub struct Cluster {
    programs: Programs,
    user: Option<User>,
    port: u16,
    durability: Durability,
    // Ends before the folder goes: fields are dropped in this order.
    _guard: Guard,
    folder: TempDir,
}

/// The superuser's name.
const SUPERUSER: &str = "kayle";

/// What lies here outlives a restart of the machine, so it is on a disk; every user may pass.
const ON_DISK: &str = "/var/tmp";

/// Between finding a free port and using it another program may take it.
const PORTS_TRIED_MAX: usize = 5;

/// Seconds until the server must answer; `initdb` is over by then.
const START_TIMEOUT_S: &str = "60";

impl Cluster {
    /// Creates an empty server and waits until it answers.
    ///
    /// # Errors
    /// PostgreSQL is not installed, or its server does not start.
    pub fn start(durability: Durability) -> anyhow::Result<Self> {
        let folder = tempfile::Builder::new().prefix("kayle-postgres-").tempdir();
        Self::start_in(folder, durability)
    }

    /// Creates an empty server whose commits reach a disk: the folder for temporary files may lie in
    /// memory, where waiting for the disk costs nothing.
    ///
    /// # Errors
    /// PostgreSQL is not installed, or its server does not start.
    pub fn start_on_disk() -> anyhow::Result<Self> {
        let mut folder = tempfile::Builder::new();
        let folder = folder.prefix("kayle-postgres-").tempdir_in(ON_DISK);
        Self::start_in(folder, Durability::Real)
    }

    fn start_in(folder: io::Result<TempDir>, durability: Durability) -> anyhow::Result<Self> {
        let folder = folder.context("there is no room for a throw-away folder")?;
        let programs = Programs::find()?;
        let user = User::other_than_root()?;
        if let Some(user) = &user {
            user.take_over(folder.path())?;
        }
        let mut cluster = Self {
            _guard: Guard::start(&programs, user.as_ref(), folder.path())?,
            programs,
            user,
            port: 0,
            durability,
            folder,
        };
        cluster.initialise()?;
        cluster.start_on_a_free_port()?;
        Ok(cluster)
    }

    /// Returns the URL of a database on it.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("{}/{database}", self.base_url())
    }

    /// Returns its URL without a database.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("postgres://{SUPERUSER}@127.0.0.1:{}", self.port)
    }

    /// Creates an empty database.
    pub fn create_database(&self, name: &str) -> anyhow::Result<()> {
        self.query("postgres", &format!("CREATE DATABASE {name}"))?;
        Ok(())
    }

    /// Runs one statement in a database and returns the rows as text.
    ///
    /// # Errors
    /// The server does not answer, or refuses the statement.
    pub fn query(&self, database: &str, sql: &str) -> anyhow::Result<String> {
        self.programs.query(&self.url(database), sql)
    }

    /// Restarts the server so that it counts the statements of all databases, in the view
    /// `pg_stat_statements` of the database `postgres`. Returns `false`, and changes nothing, if the
    /// library is not installed.
    pub fn count_statements(&self) -> anyhow::Result<bool> {
        const INSTALLED: &str = "SELECT count(*) FROM pg_available_extensions \
                                 WHERE name = 'pg_stat_statements'";
        if self.query("postgres", INSTALLED)? == "0" {
            return Ok(false);
        }
        let preload = "ALTER SYSTEM SET shared_preload_libraries = 'pg_stat_statements'";
        self.query("postgres", preload)?;
        run(self.pg_ctl().args(["stop", "--silent", "--wait"]))?;
        self.start_again()?;
        self.query("postgres", "CREATE EXTENSION pg_stat_statements")?;
        Ok(true)
    }

    /// Returns the number of its first process, whose children are all the others.
    ///
    /// # Errors
    /// The server does not run.
    pub fn process_id(&self) -> anyhow::Result<u32> {
        let file = data(self.folder.path()).join("postmaster.pid");
        let text = fs::read_to_string(&file).context("the server does not run")?;
        let first = text.lines().next().and_then(|line| line.parse().ok());
        first.context("the server names no process")
    }

    /// Makes it refuse whoever does not speak TLS, and show this certificate (both PEM).
    ///
    /// # Errors
    /// The server does not take the certificate or the key.
    pub fn demand_tls(&self, certificate: &str, key: &str) -> anyhow::Result<()> {
        self.keep("server.crt", certificate)?;
        self.keep("server.key", key)?;
        self.keep("pg_hba.conf", "hostssl all all 127.0.0.1/32 trust\n")?;
        self.programs
            .query(&self.url("postgres"), "ALTER SYSTEM SET ssl = on")?;
        run(self.pg_ctl().args(["stop", "--silent", "--wait"]))?;
        self.start_again()
    }

    /// Puts a file into the server's folder, closed to everyone but its user.
    fn keep(&self, name: &str, text: &str) -> anyhow::Result<()> {
        let file = data(self.folder.path()).join(name);
        fs::write(&file, text).with_context(|| format!("cannot write {}", file.display()))?;
        fs::set_permissions(&file, Permissions::from_mode(0o600))?;
        if let Some(user) = &self.user {
            user.take_over(&file)?;
        }
        Ok(())
    }

    /// Ends it as a power cut would: no goodbye to anyone, and recovery at the next start.
    pub fn stop_immediately(&self) -> anyhow::Result<()> {
        run(self
            .pg_ctl()
            .args(["stop", "--silent", "--wait", "--mode=immediate"]))
    }

    /// Stops all that it does, without an end to any connection, until the handle is dropped.
    ///
    /// # Errors
    /// The server does not run.
    pub fn freeze(&self) -> anyhow::Result<Frozen> {
        Frozen::start(&self.process_id()?.to_string())
    }

    /// Starts it again on the same files and port, and waits until it answers.
    pub fn start_again(&self) -> anyhow::Result<()> {
        let sync = match self.durability {
            Durability::Real => "on",
            Durability::None => "off",
        };
        let options = format!(
            "-c port={} -c listen_addresses=127.0.0.1 -c unix_socket_directories={} \
             -c max_connections=200 -c fsync={sync} -c synchronous_commit={sync} \
             -c full_page_writes={sync}",
            self.port,
            self.folder.path().display()
        );
        let mut pg_ctl = self.pg_ctl();
        pg_ctl
            .args(["start", "--silent", "--wait", "--timeout", START_TIMEOUT_S])
            .arg("--log")
            .arg(self.folder.path().join("server.log"))
            .args(["--options", &options]);
        run(&mut pg_ctl)
    }

    fn initialise(&self) -> anyhow::Result<()> {
        let mut initdb = self.command("initdb");
        initdb
            .arg("--pgdata")
            .arg(data(self.folder.path()))
            .args(["--username", SUPERUSER, "--auth", "trust"])
            .args(["--encoding", "UTF8", "--locale", "C", "--no-sync"]);
        run(&mut initdb)
    }

    fn start_on_a_free_port(&mut self) -> anyhow::Result<()> {
        for _ in 1..PORTS_TRIED_MAX {
            self.port = free_port()?;
            if self.start_again().is_ok() {
                return Ok(());
            }
        }
        self.port = free_port()?;
        self.start_again()
    }

    fn pg_ctl(&self) -> Command {
        let mut pg_ctl = self.command("pg_ctl");
        pg_ctl.arg("--pgdata").arg(data(self.folder.path()));
        pg_ctl
    }

    fn command(&self, program: &str) -> Command {
        let mut command = self.programs.command(program, self.user.as_ref());
        // The caller's folder may be closed to the user that runs it.
        command.current_dir(self.folder.path());
        command
    }
}

fn data(folder: &Path) -> PathBuf {
    folder.join("data")
}

fn free_port() -> anyhow::Result<u16> {
    let listener = TcpListener::bind("127.0.0.1:0").context("no loopback port is free")?;
    Ok(listener.local_addr()?.port())
}

/// Runs a command quietly; what it said is told only if it fails.
fn run(command: &mut Command) -> anyhow::Result<()> {
    let output = command.output();
    let output =
        output.with_context(|| format!("cannot run {}", command.get_program().display()))?;
    if output.status.success() {
        return Ok(());
    }
    bail!(
        "{command:?} failed: {}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    )
}

#[cfg(test)]
mod tests;
