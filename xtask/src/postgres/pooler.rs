//! PgBouncer in front of a server.

use std::fs;
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use anyhow::{Context, bail};
use tempfile::TempDir;

use super::free_port;
use super::programs::User;

/// A running PgBouncer; dropping it ends it.
pub struct Pooler {
    process: Child,
    port: u16,
    // Goes after the process: fields are dropped in this order.
    _folder: TempDir,
}

/// Debian's place of the program, which is not on everybody's search path.
const PROGRAM: &str = "/usr/sbin/pgbouncer";

/// How often it is knocked at until it listens, a tenth of a second apart.
const KNOCKS_MAX: usize = 100;

impl Pooler {
    /// Starts it in front of a server on this machine, and waits until it listens. `mode` is
    /// PgBouncer's `pool_mode`.
    ///
    /// # Errors
    /// PgBouncer is not installed, or does not start.
    pub fn start(server_port: u16, mode: &str) -> anyhow::Result<Self> {
        let port = free_port()?;
        let folder = tempfile::Builder::new().prefix("kayle-pooler-").tempdir();
        let folder = folder.context("there is no room for a throw-away folder")?;
        let file = folder.path().join("pgbouncer.ini");
        let settings = format!(
            "[databases]\n* = host=127.0.0.1 port={server_port}\n\
             [pgbouncer]\nlisten_addr = 127.0.0.1\nlisten_port = {port}\nunix_socket_dir =\n\
             auth_type = any\npool_mode = {mode}\ndefault_pool_size = 40\n\
             ignore_startup_parameters = extra_float_digits\n"
        );
        // `auth_type = any` logs everybody in as the one user that the database names.
        let settings = settings.replace("* = ", "* = user=kayle ");
        fs::write(&file, settings).context("the settings cannot be written")?;
        let mut command = Command::new("setpriv");
        // It ends with its owner, however that went, and refuses to be root's.
        command.arg("--pdeathsig=KILL");
        if let Some(user) = User::other_than_root()? {
            user.take_over(folder.path())?;
            user.take_over(&file)?;
            command.args(user.arguments());
        }
        let process = command
            .args([PROGRAM, "--quiet"])
            .arg(&file)
            .current_dir("/")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn();
        let pooler = Self {
            process: process.context("cannot run setpriv")?,
            port,
            _folder: folder,
        };
        pooler.wait_until_it_listens()?;
        Ok(pooler)
    }

    /// Returns its URL without a database.
    #[must_use]
    pub fn base_url(&self) -> String {
        format!("postgres://kayle@127.0.0.1:{}", self.port)
    }

    /// Returns whether the program is there.
    #[must_use]
    pub fn is_installed() -> bool {
        fs::exists(PROGRAM).unwrap_or(false)
    }

    #[expect(
        clippy::disallowed_methods,
        reason = "PgBouncer offers no signal to wait on"
    )]
    fn wait_until_it_listens(&self) -> anyhow::Result<()> {
        for _ in 0..KNOCKS_MAX {
            if TcpStream::connect(("127.0.0.1", self.port)).is_ok() {
                return Ok(());
            }
            std::thread::sleep(std::time::Duration::from_millis(100));
        }
        bail!("PgBouncer does not listen")
    }
}

impl Drop for Pooler {
    fn drop(&mut self) {
        // If it cannot be killed it is gone already.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
