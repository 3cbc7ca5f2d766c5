//! The service as a process: started, stopped, killed and started again on the same files.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::path::Path;
use std::process::{ExitStatus, Output};
use std::sync::Arc;

use serde_json::Value;
use tempfile::TempDir;
use tokio::process::Child;
use xtask::process::announced_url;

use super::database::Database;
use super::{binary, eventually, within_patience};

/// A running service and the folder that holds all it writes; dropping it ends both.
pub(crate) struct Service {
    settings: Settings,
    launch: Launch,
    child: Child,
    url: String,
    folder: TempDir,
    /// Shared with the other nodes on it.
    database: Arc<Database>,
}

/// So many last lines of its log tell why a test failed.
const LOG_LINES_SHOWN: usize = 30;

/// How a process of the service is started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Launch {
    Directly,
    /// It is told of a limit on its files, and not ended by it.
    DeafToFileLimits,
}

/// The whole environment of a process.
type Settings = BTreeMap<&'static str, String>;

/// Settings of every service under test; a test may choose others.
const SETTINGS: [(&str, &str); 3] = [
    ("KAYLE_LISTEN", "127.0.0.1:0"),
    // What is due at a later time, or changed by another process, is seen soon.
    ("KAYLE_SWEEP_INTERVAL", "500ms"),
    ("KAYLE_RETRY_SCHEDULE_SHORT", "0s,1s,1s"),
];

/// All nodes on one database have one key; beside a SQLite file, the service makes its own.
pub(crate) const SECRET_KEY: &str = "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=";

const STDOUT: &str = "service.out";
const LOG: &str = "service.log";

impl Service {
    /// Starts a service on an empty database and waits until it listens.
    pub(crate) async fn start(settings: &[(&'static str, &'static str)]) -> Self {
        let folder = empty_folder();
        let database = Database::of_this_run(folder.path());
        let settings = environment_of(settings, &database);
        Self::start_in(folder, Arc::new(database), Launch::Directly, settings).await
    }

    /// Starts a service on this database and waits until it listens.
    pub(crate) async fn start_on(
        database: Database,
        launch: Launch,
        settings: &[(&'static str, &'static str)],
    ) -> Self {
        let settings = environment_of(settings, &database);
        Self::start_in(empty_folder(), Arc::new(database), launch, settings).await
    }

    /// Starts another process with the same settings on the same database.
    pub(crate) async fn start_node(&self) -> Self {
        let database = Arc::clone(&self.database);
        Self::start_in(empty_folder(), database, self.launch, self.settings.clone()).await
    }

    async fn start_in(
        folder: TempDir,
        database: Arc<Database>,
        launch: Launch,
        settings: Settings,
    ) -> Self {
        let mut service = Self {
            child: serve(folder.path(), launch, &settings),
            settings,
            launch,
            url: String::new(),
            folder,
            database,
        };
        service.url = service.listening_url().await;
        service
    }

    /// Starts it again on the same files; its address is another.
    pub(crate) async fn start_again(&mut self) {
        self.child = serve(self.folder.path(), self.launch, &self.settings);
        self.url = self.listening_url().await;
    }

    /// Changes a setting for its next start; `None` takes it away.
    pub(crate) fn set(&mut self, name: &'static str, value: Option<&str>) {
        match value {
            Some(value) => self.settings.insert(name, value.to_owned()),
            None => self.settings.remove(name),
        };
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

    /// Returns the base of its URLs, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// Returns the base of the pages for operators, which must have been asked for.
    pub(crate) fn metrics_url(&self) -> String {
        let stdout = read(&self.folder.path().join(STDOUT));
        let announced = stdout.split_once("metrics on ").map(|(_, rest)| rest);
        let announced = announced.and_then(|rest| rest.split_once("/metrics"));
        let (url, _) = announced.expect("the service says where its metrics are");
        url.to_owned()
    }

    /// Returns the address it listens on.
    pub(crate) fn address(&self) -> &str {
        self.url.trim_start_matches("http://")
    }

    /// Returns the folder that holds all it writes.
    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Returns its database.
    pub(crate) fn database(&self) -> &Database {
        &self.database
    }

    /// Returns what it has logged since its first start.
    pub(crate) fn log(&self) -> String {
        read(&self.folder.path().join(LOG))
    }

    /// Returns the running process's id.
    pub(crate) fn process_id(&self) -> u32 {
        self.child.id().expect("the service runs")
    }

    /// Says whether the process is there.
    pub(crate) fn is_running(&mut self) -> bool {
        let ended = self.child.try_wait().expect("a child can be watched");
        ended.is_none()
    }

    /// Returns the environment of its commands, as a JSON object.
    pub(crate) fn environment_json(&self) -> String {
        serde_json::to_string(&self.settings).expect("texts are JSON")
    }

    /// Runs an admin command on the same database and returns the JSON that it prints.
    pub(crate) async fn admin(&self, arguments: &[&str]) -> Value {
        let output = self.try_admin(arguments).await;
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "admin {arguments:?}: {stderr}");
        serde_json::from_slice(&output.stdout).expect("an admin command prints JSON")
    }

    /// Runs an admin command that may fail.
    pub(crate) async fn try_admin(&self, arguments: &[&str]) -> Output {
        let output = binary::command(self.folder.path(), environment(&self.settings))
            .arg("admin")
            .args(arguments)
            .arg("--json")
            .output();
        output.await.expect("the binary can be started")
    }

    /// Runs a command to its end, with the settings and the database of this service.
    pub(crate) async fn run(&self, arguments: &[&str]) -> Output {
        let mut command = binary::command(self.folder.path(), environment(&self.settings));
        let output = within_patience("a command ends", command.args(arguments).output()).await;
        output.expect("the binary can be started")
    }

    /// Ends it as a power cut would.
    pub(crate) async fn kill(&mut self) {
        self.child.kill().await.expect("a child can be killed");
    }

    /// Asks it to stop (SIGTERM).
    pub(crate) fn ask_to_stop(&self) {
        let sent = xtask::process::ask_to_stop(self.process_id()).expect("there is a shell");
        assert!(sent.success(), "the signal was not sent");
    }

    /// Waits until it has ended by itself.
    pub(crate) async fn ended(&mut self) -> ExitStatus {
        let ended = within_patience("the service ends", self.child.wait()).await;
        ended.expect("a child can be watched")
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = self.log();
            let lines: Vec<_> = log.lines().collect();
            let shown = lines.len().saturating_sub(LOG_LINES_SHOWN);
            println!(
                "the end of the service's log:\n{}",
                lines[shown..].join("\n")
            );
        }
    }
}

fn empty_folder() -> TempDir {
    tempfile::tempdir().expect("there is room for a throw-away folder")
}

fn environment(settings: &Settings) -> impl Iterator<Item = (&str, &str)> {
    settings.iter().map(|(name, value)| (*name, value.as_str()))
}

/// Returns the settings of every test, the chosen ones, and where the database is.
fn environment_of(chosen: &[(&'static str, &'static str)], database: &Database) -> Settings {
    let chosen = SETTINGS.iter().chain(chosen);
    let chosen = chosen.map(|(name, value)| (*name, (*value).to_owned()));
    let mut settings: Settings = chosen.collect();
    settings.insert("KAYLE_DATABASE_URL", database.url());
    if let Database::Postgres(_) = database {
        settings.insert("KAYLE_SECRET_KEY", SECRET_KEY.to_owned());
    }
    settings
}

fn serve(folder: &Path, launch: Launch, settings: &Settings) -> Child {
    let log = File::options()
        .create(true)
        .append(true)
        .open(folder.join(LOG))
        .expect("the log can be written");
    let stdout = File::create(folder.join(STDOUT)).expect("the start line can be written");
    let environment = environment(settings);
    let mut command = match launch {
        Launch::Directly => binary::command(folder, environment),
        Launch::DeafToFileLimits => binary::command_deaf_to_file_limits(folder, environment),
    };
    command
        .arg("serve")
        .stdout(stdout)
        .stderr(log)
        .spawn()
        .expect("the binary can be started")
}

fn read(file: &Path) -> String {
    let bytes = fs::read(file).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
