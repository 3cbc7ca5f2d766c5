//! The libraries of the receivers in other languages, and of the tests in a browser, installed under
//! the target folder.
//!
//! Their exact versions stand in `tests/receivers` and `tests/browser`. An installation is kept as long as the
//! manifests that it came from are unchanged.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context;

use crate::workspace;

/// Where the libraries lie; tests read it from the environment.
pub(super) struct ReceiverTools {
    python: PathBuf,
    node_modules: PathBuf,
    browser_modules: PathBuf,
}

impl ReceiverTools {
    /// Installs what is not installed yet.
    pub(super) fn install() -> anyhow::Result<Self> {
        let manifests = workspace::root().join("tests/receivers");
        let browser = workspace::root().join("tests/browser");
        let tools = workspace::target_dir()?.join("test-tools");
        Ok(Self {
            python: install_python(&manifests, &tools.join("python"))?,
            node_modules: install_node("JavaScript receiver", &manifests, &tools.join("node"))?,
            browser_modules: install_node("browser tests", &browser, &tools.join("browser"))?,
        })
    }

    /// Tells a test run where the libraries lie.
    pub(super) fn announce<'a>(&self, tests: &'a mut Command) -> &'a mut Command {
        tests
            .env("TEST_PYTHON", &self.python)
            .env("TEST_NODE_MODULES", &self.node_modules)
            .env("TEST_BROWSER_MODULES", &self.browser_modules)
    }
}

/// Returns the interpreter of a virtual environment that has the required packages.
fn install_python(manifests: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let interpreter = folder.join("bin/python");
    let requirements = manifests.join("requirements.txt");
    let wanted = read(&requirements)?;
    if is_installed(folder, &wanted) {
        return Ok(interpreter);
    }
    println!("installing the packages of the Python receiver");
    start_afresh(folder)?;
    workspace::run(Command::new("python3").args(["-m", "venv"]).arg(folder))?;
    let mut pip = Command::new(&interpreter);
    pip.args(["-m", "pip", "install", "--quiet", "--requirement"]);
    workspace::run(pip.arg(&requirements))?;
    mark_installed(folder, &wanted)?;
    Ok(interpreter)
}

/// Returns a `node_modules` folder that has the required packages.
fn install_node(whose: &str, manifests: &Path, folder: &Path) -> anyhow::Result<PathBuf> {
    let node_modules = folder.join("node_modules");
    let lock = manifests.join("package-lock.json");
    let wanted = read(&lock)?;
    if is_installed(folder, &wanted) {
        return Ok(node_modules);
    }
    println!("installing the packages of the {whose}");
    start_afresh(folder)?;
    for manifest in [lock, manifests.join("package.json")] {
        let name = manifest.file_name().expect("a manifest is a file");
        fs::copy(&manifest, folder.join(name))
            .with_context(|| format!("cannot copy {}", manifest.display()))?;
    }
    let mut npm = Command::new("npm");
    npm.args([
        "ci",
        "--silent",
        "--no-audit",
        "--no-fund",
        "--ignore-scripts",
    ]);
    workspace::run(npm.current_dir(folder))?;
    mark_installed(folder, &wanted)?;
    Ok(node_modules)
}

/// The manifest that a complete installation came from; written last.
const STAMP: &str = "installed-from";

fn is_installed(folder: &Path, wanted: &str) -> bool {
    fs::read_to_string(folder.join(STAMP)).is_ok_and(|installed| installed == wanted)
}

fn mark_installed(folder: &Path, wanted: &str) -> anyhow::Result<()> {
    let stamp = folder.join(STAMP);
    fs::write(&stamp, wanted).with_context(|| format!("cannot write {}", stamp.display()))
}

fn start_afresh(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}
