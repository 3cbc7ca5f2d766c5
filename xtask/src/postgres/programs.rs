//! PostgreSQL's programs, and the user that runs the server.

use std::fs;
use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, bail};

use crate::workspace;

/// PostgreSQL's programs, all of one version.
#[derive(Debug, Clone)]
pub struct Programs {
    /// Their folder; `None` if the shell's search finds them.
    folder: Option<PathBuf>,
}

/// A user that the server runs as in root's place.
#[derive(Debug, Clone, Copy)]
pub(super) struct User {
    id: u32,
    group: u32,
}

/// Debian keeps the server's programs off the search path, in a folder for each version.
const DEBIAN: &str = "/usr/lib/postgresql";

impl Programs {
    /// Finds the youngest version.
    ///
    /// # Errors
    /// The server is not installed.
    pub fn find() -> anyhow::Result<Self> {
        let versions = fs::read_dir(DEBIAN).into_iter().flatten().flatten();
        let folders = versions.map(|version| version.path().join("bin"));
        let complete = folders.filter(|folder| folder.join("initdb").exists());
        let youngest = complete.max_by_key(|folder| version(folder));
        if let Some(folder) = youngest {
            return Ok(Self {
                folder: Some(folder),
            });
        }
        if workspace::succeeds(Command::new("initdb").arg("--version")) {
            return Ok(Self { folder: None });
        }
        bail!("PostgreSQL's server is not installed (Debian's package is `postgresql`)")
    }

    /// Returns a `psql` that prints bare rows and stops at the first error.
    #[must_use]
    pub fn psql(&self, url: &str) -> Command {
        let mut psql = self.command("psql", None);
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align"])
            .args(["--set", "ON_ERROR_STOP=1", url]);
        psql
    }

    /// Returns a client program, such as `pg_dump`.
    #[must_use]
    pub fn client(&self, program: &str) -> Command {
        self.command(program, None)
    }

    /// Runs one statement and returns the rows as text.
    ///
    /// # Errors
    /// The server does not answer, or refuses the statement.
    pub fn query(&self, url: &str, sql: &str) -> anyhow::Result<String> {
        let output = self.psql(url).args(["--command", sql]).output();
        let output = output.context("cannot run psql")?;
        if !output.status.success() {
            bail!("{sql}: {}", String::from_utf8_lossy(&output.stderr).trim());
        }
        Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// Returns everything that is in a database as text.
    ///
    /// # Errors
    /// The server does not answer.
    pub fn dump(&self, url: &str) -> anyhow::Result<String> {
        let output = self
            .command("pg_dump", None)
            .args(["--dbname", url])
            .output();
        let output = output.context("cannot run pg_dump")?;
        if !output.status.success() {
            bail!(
                "pg_dump: {}",
                String::from_utf8_lossy(&output.stderr).trim()
            );
        }
        Ok(String::from_utf8_lossy(&output.stdout).into_owned())
    }

    /// Returns one of them, to be run as this user.
    pub(super) fn command(&self, program: &str, user: Option<&User>) -> Command {
        let program = match &self.folder {
            Some(folder) => folder.join(program),
            None => PathBuf::from(program),
        };
        match user {
            None => Command::new(program),
            Some(user) => {
                let mut command = Command::new("setpriv");
                command.args(user.arguments()).arg(program);
                command
            }
        }
    }
}

impl User {
    /// Returns nobody in particular if this process is root's, and `None` if it is not.
    pub(super) fn other_than_root() -> anyhow::Result<Option<Self>> {
        if id(&["-u"]) != Some(0) {
            return Ok(None);
        }
        let named = ["postgres", "nobody"].into_iter().find_map(|name| {
            Some(Self {
                id: id(&["-u", name])?,
                group: id(&["-g", name])?,
            })
        });
        let user = named.context("root runs no PostgreSQL, and no user `nobody` is there")?;
        Ok(Some(user))
    }

    /// Returns what makes `setpriv` run a program as this user.
    pub(super) fn arguments(self) -> [String; 3] {
        [
            format!("--reuid={}", self.id),
            format!("--regid={}", self.group),
            "--clear-groups".to_owned(),
        ]
    }

    /// Creates a file or a folder this user's own.
    pub(super) fn take_over(self, path: &Path) -> anyhow::Result<()> {
        chown(path, Some(self.id), Some(self.group))
            .with_context(|| format!("cannot give {} away", path.display()))
    }
}

fn id(arguments: &[&str]) -> Option<u32> {
    let output = Command::new("id").args(arguments).output().ok()?;
    String::from_utf8(output.stdout).ok()?.trim().parse().ok()
}

/// `/usr/lib/postgresql/15/bin` is 15.
fn version(folder: &Path) -> Option<u32> {
    let version = folder.parent()?.file_name()?;
    version.to_str()?.parse().ok()
}
