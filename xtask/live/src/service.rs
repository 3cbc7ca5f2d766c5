//! The service as a black box: the real binary, on a throw-away SQLite database if not told
//! otherwise.
//!
//! [`Service`] runs it and its admin commands, [`api`] speaks to it over HTTP.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context, bail, ensure};
use serde_json::Value;
use tokio::process::{Child, Command};
use tokio::time::{sleep, timeout};

use xtask::process::announced_url;

use self::api::text;

pub(crate) mod api;

/// A running service and the folder that holds all it writes.
pub(crate) struct Service {
    binary: PathBuf,
    folder: PathBuf,
    settings: Settings,
    child: Child,
    url: String,
}

/// Environment variables of a service.
pub(crate) type Settings = Vec<(&'static str, String)>;

/// With the caller's settings this is its whole environment: nothing else of it reaches the
/// service.
const ENVIRONMENT: [(&str, &str); 3] = [
    ("KAYLE_ENVIRONMENT", "development"),
    ("KAYLE_LISTEN", "127.0.0.1:0"),
    ("KAYLE_DATABASE_URL", "sqlite://kayle.db?mode=rwc"),
];

const LOG: &str = "service.log";
const STDOUT: &str = "service.out";

/// A start migrates an empty database; on a busy machine that takes a second or two.
const START_TIMEOUT: Duration = Duration::from_secs(30);

/// Longer than the delivery timeout, for which a stopping service may wait.
const STOP_TIMEOUT: Duration = Duration::from_secs(20);

const LOOK_AGAIN: Duration = Duration::from_millis(20);

impl Service {
    /// Starts the service in `folder` and waits until it listens.
    pub(crate) async fn start(
        binary: &Path,
        folder: &Path,
        settings: Settings,
    ) -> anyhow::Result<Self> {
        Self::start_as("all", binary, folder, settings).await
    }

    /// Starts a node with this role.
    pub(crate) async fn start_as(
        role: &str,
        binary: &Path,
        folder: &Path,
        settings: Settings,
    ) -> anyhow::Result<Self> {
        let create = |name| File::create(folder.join(name)).context("cannot create the log");
        let child = command(binary, folder, &settings)
            .args(["serve", "--role", role])
            .stdin(Stdio::null())
            .stdout(create(STDOUT)?)
            .stderr(create(LOG)?)
            .spawn()
            .with_context(|| format!("cannot start {}", binary.display()))?;
        let mut service = Self {
            binary: binary.to_owned(),
            folder: folder.to_owned(),
            settings,
            child,
            url: String::new(),
        };
        match timeout(START_TIMEOUT, service.listening_url()).await {
            Ok(Ok(url)) => service.url = url,
            Ok(Err(error)) => bail!("{error}:\n{}", service.last_log_lines()),
            Err(_) => bail!(
                "the service does not listen after {START_TIMEOUT:?}:\n{}",
                service.last_log_lines()
            ),
        }
        Ok(service)
    }

    async fn listening_url(&mut self) -> anyhow::Result<String> {
        loop {
            if let Some(url) = announced_url(&self.read(STDOUT)) {
                return Ok(url);
            }
            let ended = self.child.try_wait().context("cannot watch the service")?;
            if let Some(status) = ended {
                bail!("the service ended before it listened ({status})");
            }
            sleep(LOOK_AGAIN).await;
        }
    }

    /// Returns the base of its URLs, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns its process's number.
    pub(crate) fn id(&self) -> Option<u32> {
        self.child.id()
    }

    /// Returns the folder that holds its database, key and logs.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Returns the environment of its commands, as a JSON object.
    pub(crate) fn environment_json(&self) -> Value {
        let settings = self.settings.iter();
        let settings = settings.map(|(name, value)| (*name, value.as_str()));
        let all = ENVIRONMENT.into_iter().chain(settings);
        all.map(|(name, value)| (name.to_owned(), Value::from(value)))
            .collect()
    }

    /// Returns the binary that it runs.
    pub(crate) fn binary(&self) -> &Path {
        &self.binary
    }

    /// Creates an organization and returns its id.
    pub(crate) async fn create_organization(&self, name: &str) -> anyhow::Result<String> {
        let command = ["organization", "create", "--name", name];
        let made = self.admin(&command).await?;
        Ok(text(&made, "/id")?.to_owned())
    }

    /// Creates an organization's API key, for its webhooks and its sessions.
    pub(crate) async fn create_api_key(&self, organization_id: &str) -> anyhow::Result<String> {
        let mut command = vec!["api-key", "create", "--organization", organization_id];
        command.extend(["--name", "xtask"]);
        for scope in ["sessions:write", "webhooks:write"] {
            command.extend(["--scope", scope]);
        }
        let made = self.admin(&command).await?;
        Ok(text(&made, "/key")?.to_owned())
    }

    /// Creates a token for the intake, as the service that verifies people holds it.
    pub(crate) async fn create_service_token(&self) -> anyhow::Result<String> {
        let command = ["service-token", "create", "--subject", "verifier"];
        let made = self.admin(&command).await?;
        Ok(text(&made, "/token")?.to_owned())
    }

    /// Makes a link that signs an owner of the organization in to the dashboard, once.
    pub(crate) async fn sign_in_url(&self, organization_id: &str) -> anyhow::Result<String> {
        let mut command = vec!["session-token", "create", "--role", "owner"];
        command.extend(["--organization", organization_id]);
        let made = self.admin(&command).await?;
        // The command does not know which port the service was given.
        let path = text(&made, "/sign_in_url")?.find("/webhooks/");
        let path = path.context("the link does not lead to the dashboard")?;
        Ok(format!(
            "{}{}",
            self.url,
            &text(&made, "/sign_in_url")?[path..]
        ))
    }

    /// Runs `kayle-webhooks admin` beside the service and returns what it prints.
    async fn admin(&self, arguments: &[&str]) -> anyhow::Result<Value> {
        let output = command(&self.binary, &self.folder, &self.settings)
            .arg("admin")
            .args(arguments)
            .arg("--json")
            .stdin(Stdio::null())
            .output()
            .await
            .context("cannot run the admin command")?;
        ensure!(
            output.status.success(),
            "`admin {}` failed: {}",
            arguments.join(" "),
            String::from_utf8_lossy(&output.stderr)
        );
        serde_json::from_slice(&output.stdout).context("an admin command did not print JSON")
    }

    /// Asks the service to stop, and ends it if it does not.
    ///
    /// # Errors
    /// It did not stop by itself, or not with exit code 0.
    pub(crate) async fn stop(&mut self) -> anyhow::Result<()> {
        self.ask_to_stop()?;
        let Ok(ended) = timeout(STOP_TIMEOUT, self.child.wait()).await else {
            self.child.kill().await.context("cannot end the service")?;
            bail!("the service did not stop within {STOP_TIMEOUT:?} of SIGTERM");
        };
        let status = ended.context("cannot watch the service")?;
        ensure!(status.success(), "the service stopped badly: {status}");
        Ok(())
    }

    fn ask_to_stop(&self) -> anyhow::Result<()> {
        if let Some(id) = self.child.id() {
            xtask::process::ask_to_stop(id).context("cannot send SIGTERM")?;
        }
        Ok(())
    }

    /// Returns the end of its log.
    pub(crate) fn last_log_lines(&self) -> String {
        const SHOWN: usize = 20;
        let log = self.read(LOG);
        let lines: Vec<_> = log.lines().collect();
        lines[lines.len().saturating_sub(SHOWN)..].join("\n")
    }

    fn read(&self, name: &str) -> String {
        let text = fs::read(self.folder.join(name)).unwrap_or_default();
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// The binary with its environment, in its own process group: Ctrl-C reaches xtask alone, which
/// then stops the service.
fn command(binary: &Path, folder: &Path, settings: &Settings) -> Command {
    let settings = settings.iter().map(|(name, value)| (*name, value.as_str()));
    let mut command = Command::new(binary);
    command
        .current_dir(folder)
        .env_clear()
        .envs(ENVIRONMENT.into_iter().chain(settings))
        .process_group(0)
        .kill_on_drop(true);
    command
}
