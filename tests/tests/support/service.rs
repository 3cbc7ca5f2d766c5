//! The service as a process: started, stopped, killed and started again on the same files.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::{Child, Command};

use super::{binary, eventually, within_patience};

/// A running service and the folder that holds all it writes; dropping it ends both.
pub(crate) struct Service {
    settings: BTreeMap<&'static str, &'static str>,
    child: Child,
    url: String,
    folder: TempDir,
}

/// Settings of every service under test; a test may choose others.
const SETTINGS: [(&str, &str); 4] = [
    ("KAYLE_LISTEN", "127.0.0.1:0"),
    ("KAYLE_DATABASE_URL", "sqlite://kayle.db?mode=rwc"),
    // What is due at a later time, or changed by another process, is seen soon.
    ("KAYLE_SWEEP_INTERVAL", "500ms"),
    ("KAYLE_RETRY_SCHEDULE_SHORT", "0s,1s,1s"),
];

const STDOUT: &str = "service.out";
const LOG: &str = "service.log";

impl Service {
    /// Starts a service on an empty folder and waits until it listens.
    pub(crate) async fn start(settings: &[(&'static str, &'static str)]) -> Self {
        let folder = tempfile::tempdir().expect("there is room for a throw-away folder");
        let settings = SETTINGS.iter().chain(settings).copied().collect();
        let child = serve(folder.path(), &settings);
        let mut service = Self {
            settings,
            child,
            url: String::new(),
            folder,
        };
        service.url = service.listening_url().await;
        service
    }

    /// Starts it again on the same files; its address is another.
    pub(crate) async fn start_again(&mut self) {
        self.child = serve(self.folder.path(), &self.settings);
        self.url = self.listening_url().await;
    }

    async fn listening_url(&mut self) -> String {
        let stdout = self.folder.path().join(STDOUT);
        eventually("the service listens", async || {
            let ended = self.child.try_wait().expect("a child can be watched");
            assert!(ended.is_none(), "the service ended: {}", self.log());
            announced_url(&read(&stdout))
        })
        .await
    }

    /// Gives the base of its URLs, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Gives the address it listens on.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Gives the folder that holds all it writes.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Gives the file of its database.
    pub(crate) fn database(&self) -> PathBuf {
        self.folder.path().join("kayle.db")
    }

    /// Gives what it has logged since its first start.
    pub(crate) fn log(&self) -> String {
        read(&self.folder.path().join(LOG))
    }

    /// Says whether the process is there.
    pub(crate) fn is_running(&mut self) -> bool {
        let ended = self.child.try_wait().expect("a child can be watched");
        ended.is_none()
    }

    /// Runs an admin command on the same database and gives the JSON that it prints.
    pub(crate) async fn admin(&self, arguments: &[&str]) -> Value {
        let settings = self.settings.iter().map(|(name, value)| (*name, *value));
        let output = binary::command(self.folder.path(), settings)
            .arg("admin")
            .args(arguments)
            .arg("--json")
            .output()
            .await
            .expect("the binary can be started");
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "admin {arguments:?}: {stderr}");
        serde_json::from_slice(&output.stdout).expect("an admin command prints JSON")
    }

    /// Ends it as a power cut would.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.expect("a child can be killed");
    }

    /// Asks it to stop (SIGTERM). The standard library can only kill; a shell is everywhere,
    /// `kill` as a program is not.
    pub(crate) async fn ask_to_stop(&self) {
        let id = self.child.id().expect("the service runs");
        let mut shell = Command::new("sh");
        shell.args(["-c", "kill -TERM \"$0\"", &id.to_string()]);
        let sent = shell.status().await.expect("there is a shell");
        assert!(sent.success(), "the signal was not sent");
    }

    /// Waits until it has ended by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let ended = within_patience("the service ends", self.child.wait()).await;
        ended.expect("a child can be watched")
    }
}

fn serve(folder: &Path, settings: &BTreeMap<&'static str, &'static str>) -> Child {
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.join(LOG))
        .expect("the log can be written");
    let stdout = File::create(folder.join(STDOUT)).expect("the start line can be written");
    binary::command(folder, settings.iter().map(|(name, value)| (*name, *value)))
        .arg("serve")
        .stdout(stdout)
        .stderr(log)
        .spawn()
        .expect("the binary can be started")
}

/// Reads `listening on http://ADDR`; the line must be complete.
fn announced_url(stdout: &str) -> Option<String> {
    let (_, rest) = stdout.split_once("listening on ")?;
    let (url, _) = rest.split_once('\n')?;
    Some(url.trim().to_owned())
}

fn read(file: &Path) -> String {
    let bytes = fs::read(file).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
