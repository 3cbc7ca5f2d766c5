//! `cargo xtask pictures`: the dashboard's pages, as the documentation shows them.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use anyhow::{Context, ensure};
use tempfile::TempDir;
use tokio::process::Command;

use crate::interrupt::unless_interrupted;
use crate::service::Service;
use xtask::workspace::{self, Profile};

/// The first two attempts are made while one watches; the others are seen as planned.
const SCHEDULE: (&str, &str) = ("KAYLE_RETRY_SCHEDULE_STANDARD", "0s,1s,5m,30m,2h,5h");

/// Takes every picture anew, into `docs/pictures`.
///
/// # Errors
/// The service does not start, or the browser does not.
pub(crate) fn take() -> anyhow::Result<()> {
    let modules = xtask::test_run::browser_modules()?;
    let binary = workspace::build_binary(Profile::Dev)?;
    tokio::runtime::Runtime::new()
        .context("cannot start the async runtime")?
        .block_on(run(&binary, &modules))
}

async fn run(binary: &Path, modules: &Path) -> anyhow::Result<()> {
    let folder = TempDir::with_prefix("kayle-pictures-").context("no temporary folder")?;
    let settings = vec![(SCHEDULE.0, SCHEDULE.1.to_owned())];
    let start = Service::start(binary, folder.path(), settings);
    let mut service = unless_interrupted(start).await?;
    let taken = unless_interrupted(photograph(&service, modules)).await;
    taken.and(service.stop().await)
}

async fn photograph(service: &Service, modules: &Path) -> anyhow::Result<()> {
    let pictures = workspace::root().join("docs/pictures");
    fs::create_dir_all(&pictures).context("cannot make docs/pictures")?;
    // Modules are looked for beside the files that import them.
    let script = service.folder().join("browser");
    let copied = Command::new("cp")
        .arg("-r")
        .arg(workspace::root().join("tests/browser"))
        .arg(&script)
        .status();
    ensure!(copied.await?.success(), "the scripts cannot be copied");
    let linked = script.join("node_modules");
    if !linked.exists() {
        symlink(modules, &linked).context("the modules cannot be linked to")?;
    }
    let status = Command::new("node")
        .arg("pictures.mjs")
        .current_dir(&script)
        .env("DASHBOARD_URL", service.url())
        .env("DASHBOARD_BINARY", service.binary())
        .env("DASHBOARD_FOLDER", service.folder())
        .env("DASHBOARD_SETTINGS", service.environment_json().to_string())
        .env("PICTURES", &pictures)
        .kill_on_drop(true)
        .status();
    let status = status.await.context("cannot run node")?;
    ensure!(status.success(), "the pictures could not be taken");
    Ok(())
}
