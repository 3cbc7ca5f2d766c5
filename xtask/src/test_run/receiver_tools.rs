//! The libraries of the receivers in other languages, and of the tests in a browser, installed under
//! the target folder.
//!
//! The exact versions of others' stand in `tests/receivers` and `tests/browser`. An installation is kept
//! as long as the manifests that it came from are unchanged. Our own are built each time, from
//! `receivers`, into the packages that customers install.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context, bail};

use crate::workspace;

/// Where the libraries lie; tests read it from the environment.
pub(crate) struct ReceiverTools {
    python: PathBuf,
    node_modules: PathBuf,
    browser_modules: PathBuf,
    javascript_package: PathBuf,
    python_package: PathBuf,
    newer_node: Option<PathBuf>,
}

/// The oldest Node that has WebCrypto without a flag.
const NODE_MAJOR_MIN: u32 = 20;
/// What is installed where the machine's Node is older.
const NODE_FROM_NPM: &str = "24.21.0";
/// The version of our packages, which stands in the names of their files.
const OURS: &str = "0.1.0";

impl ReceiverTools {
    /// Installs what is not installed yet.
    pub(crate) fn install() -> anyhow::Result<Self> {
        let manifests = workspace::root().join("tests/receivers");
        let tools = workspace::target_dir()?.join("test-tools");
        let node_modules = install_node("JavaScript receiver", &manifests, &tools.join("node"))?;
        let python = install_interpreter()?;
        Ok(Self {
            browser_modules: install_browser_modules()?,
            newer_node: newer_node(&tools)?,
            python_package: pack_python(&tools, &python)?,
            python,
            javascript_package: pack_javascript(&tools, &node_modules)?,
            node_modules,
        })
    }

    /// Returns the interpreter that has the packages.
    pub(crate) fn python(&self) -> &Path {
        &self.python
    }

    /// Copies scripts to where the modules lie that they import, and returns the path of the last.
    pub(crate) fn javascript_script(&self, from: &Path, names: &[&str]) -> anyhow::Result<PathBuf> {
        let beside = self.node_modules.parent().expect("it lies in a folder");
        copy(from, beside, names)?;
        let last = names.last().expect("there is a script");
        Ok(beside.join(last))
    }

    /// Tells a test run where the libraries lie.
    pub(crate) fn announce<'a>(&self, tests: &'a mut Command) -> &'a mut Command {
        if let Some(node) = &self.newer_node {
            tests.env("PATH", in_front_of_the_path(node));
        }
        tests
            .env("TEST_PYTHON", &self.python)
            .env("TEST_NODE_MODULES", &self.node_modules)
            .env("TEST_BROWSER_MODULES", &self.browser_modules)
            .env("TEST_JAVASCRIPT_PACKAGE", &self.javascript_package)
            .env("TEST_PYTHON_PACKAGE", &self.python_package)
    }
}

/// Returns the `node_modules` folder of the tests in a browser.
pub(super) fn install_browser_modules() -> anyhow::Result<PathBuf> {
    let manifests = workspace::root().join("tests/browser");
    let folder = workspace::target_dir()?.join("test-tools/browser");
    install_node("browser tests", &manifests, &folder)
}

/// Returns the interpreter of Python that has the packages of others, but not ours.
pub(crate) fn install_interpreter() -> anyhow::Result<PathBuf> {
    let manifests = workspace::root().join("tests/receivers");
    install_python(
        &manifests,
        &workspace::target_dir()?.join("test-tools/python"),
    )
}

/// Returns the search path of programs with another folder in front.
#[expect(
    clippy::disallowed_methods,
    reason = "the search path is how programs find one another"
)]
fn in_front_of_the_path(folder: &Path) -> OsString {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::iter::once(folder.to_owned()).chain(std::env::split_paths(&path));
    std::env::join_paths(folders).expect("the folders come from a search path")
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
    let mut pip = pip(&interpreter);
    workspace::run(pip.args(["install", "--requirement"]).arg(&requirements))?;
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
    copy(manifests, folder, &["package.json", "package-lock.json"])?;
    npm(folder, &["ci"])?;
    mark_installed(folder, &wanted)?;
    Ok(node_modules)
}

/// Builds `@kayle/webhooks` and installs it beside the packages of `tests/receivers`. Returns the
/// file that npm would publish.
fn pack_javascript(tools: &Path, node_modules: &Path) -> anyhow::Result<PathBuf> {
    let sources = workspace::root().join("receivers/javascript");
    let folder = tools.join("javascript");
    let lock = read(&sources.join("package-lock.json"))?;
    if !is_installed(&folder, &lock) {
        println!("installing the compiler of TypeScript");
        start_afresh(&folder)?;
        copy(&sources, &folder, &["package.json", "package-lock.json"])?;
        npm(&folder, &["ci"])?;
        mark_installed(&folder, &lock)?;
    }
    println!("building @kayle/webhooks");
    for stale in ["src", "dist"] {
        remove(&folder.join(stale))?;
    }
    let files = ["package.json", "tsconfig.json", "tsconfig.cjs.json"];
    copy(&sources, &folder, &files)?;
    copy(&sources, &folder, &["mark-commonjs.mjs", "README.md"])?;
    let mut cp = Command::new("cp");
    workspace::run(cp.arg("-R").arg(sources.join("src")).arg(&folder))?;
    npm(&folder, &["run", "build"])?;
    npm(&folder, &["pack"])?;
    let package = folder.join(format!("kayle-webhooks-{OURS}.tgz"));
    let beside = node_modules.parent().expect("it lies in a folder");
    let path = package.display().to_string();
    npm(
        beside,
        &["install", "--no-save", "--offline", "--force", &path],
    )?;
    Ok(package)
}

/// Builds `kayle-webhooks` and installs it beside the packages of `tests/receivers`. Returns the
/// wheel that PyPI would get.
fn pack_python(tools: &Path, interpreter: &Path) -> anyhow::Result<PathBuf> {
    println!("building kayle-webhooks");
    let folder = tools.join("python-package");
    start_afresh(&folder)?;
    let mut build = pip(interpreter);
    build.args(["wheel", "--no-build-isolation", "--no-deps", "--wheel-dir"]);
    build
        .arg(&folder)
        .arg(workspace::root().join("receivers/python"));
    workspace::run(&mut build)?;
    let package = folder.join(format!("kayle_webhooks-{OURS}-py3-none-any.whl"));
    let mut install = pip(interpreter);
    install.args(["install", "--force-reinstall", "--no-deps"]);
    workspace::run(install.arg(&package))?;
    Ok(package)
}

fn pip(interpreter: &Path) -> Command {
    let mut pip = Command::new(interpreter);
    pip.args(["-m", "pip", "--quiet", "--disable-pip-version-check"]);
    pip
}

/// Returns the folder of a Node that is new enough, installed from npm where the machine's is older
/// (Debian 12 has 18); `None` if the machine's is.
fn newer_node(tools: &Path) -> anyhow::Result<Option<PathBuf>> {
    let output = Command::new("node").arg("--version").output();
    let said = String::from_utf8(output.context("node cannot be run")?.stdout)?;
    let major = said.trim().trim_start_matches('v').split('.').next();
    let major: u32 = major.and_then(|major| major.parse().ok()).unwrap_or(0);
    if major >= NODE_MAJOR_MIN {
        return Ok(None);
    }
    let machine = match std::env::consts::ARCH {
        "x86_64" => "x64",
        "aarch64" => "arm64",
        other => bail!("@kayle/webhooks needs Node {NODE_MAJOR_MIN} or later, also on {other}"),
    };
    let package = format!("node-linux-{machine}");
    let folder = tools.join("newer-node");
    let wanted = format!("{package}@{NODE_FROM_NPM}");
    if !is_installed(&folder, &wanted) {
        println!(
            "installing Node {NODE_FROM_NPM}, since this machine's is {}",
            said.trim()
        );
        start_afresh(&folder)?;
        fs::write(folder.join("package.json"), "{}").context("the folder was just made")?;
        npm(&folder, &["install", &wanted])?;
        mark_installed(&folder, &wanted)?;
    }
    Ok(Some(folder.join("node_modules").join(package).join("bin")))
}

fn npm(folder: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let mut npm = Command::new("npm");
    npm.args(["--silent", "--no-audit", "--no-fund", "--ignore-scripts"]);
    workspace::run(
        npm.args(arguments)
            .current_dir(folder)
            .stdout(Stdio::null()),
    )
}

fn copy(from: &Path, to: &Path, names: &[&str]) -> anyhow::Result<()> {
    for name in names {
        let file = from.join(name);
        fs::copy(&file, to.join(name))
            .with_context(|| format!("cannot copy {}", file.display()))?;
    }
    Ok(())
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
    remove(folder)?;
    fs::create_dir_all(folder).with_context(|| format!("cannot create {}", folder.display()))
}

fn remove(folder: &Path) -> anyhow::Result<()> {
    if folder.exists() {
        fs::remove_dir_all(folder)
            .with_context(|| format!("cannot remove {}", folder.display()))?;
    }
    Ok(())
}

fn read(file: &Path) -> anyhow::Result<String> {
    fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))
}
