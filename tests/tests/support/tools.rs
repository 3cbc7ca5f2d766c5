//! What `cargo xtask test` prepares.

use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// Returns a Python interpreter that has the receiver's packages.
pub(crate) fn python() -> PathBuf {
    prepared("TEST_PYTHON")
}

/// Returns the `node_modules` folder of the receiver in JavaScript.
pub(crate) fn node_modules() -> PathBuf {
    prepared("TEST_NODE_MODULES")
}

/// Returns the `node_modules` folder of the tests in a browser.
pub(crate) fn browser_modules() -> PathBuf {
    prepared("TEST_BROWSER_MODULES")
}

/// Returns the file of `@kayle/webhooks` that npm would publish.
pub(crate) fn javascript_package() -> PathBuf {
    prepared("TEST_JAVASCRIPT_PACKAGE")
}

/// Returns the wheel of `kayle-webhooks` that PyPI would get.
pub(crate) fn python_package() -> PathBuf {
    prepared("TEST_PYTHON_PACKAGE")
}

/// Returns Go's command, which shall download nothing: neither modules nor another Go.
pub(crate) fn go() -> Command {
    let mut go = Command::new("go");
    go.env("GOFLAGS", "-mod=mod").env("GOPROXY", "off");
    go.env("GOTOOLCHAIN", "local");
    go
}

/// Returns a throw-away folder with these scripts of `tests/receivers`, beside which the modules
/// lie that they import.
pub(crate) fn javascript_folder(scripts: &[&str]) -> TempDir {
    let folder = tempfile::tempdir().expect("there is room for a throw-away folder");
    let originals = Path::new(env!("CARGO_MANIFEST_DIR")).join("receivers");
    for script in scripts {
        fs::copy(originals.join(script), folder.path().join(script))
            .expect("the script can be copied");
    }
    symlink(node_modules(), folder.path().join("node_modules"))
        .expect("the modules can be linked to");
    folder
}

/// Returns the URL of the test run's PostgreSQL server, without a database.
pub(crate) fn postgres_url() -> String {
    let url = prepared("TEST_POSTGRES_URL").into_os_string();
    url.into_string().expect("a URL is text")
}

/// Says whether this test run is about services on PostgreSQL.
pub(crate) fn is_about_postgres() -> bool {
    match variable("TEST_DATABASE") {
        None => false,
        Some(name) if name == "postgres" => true,
        Some(name) => panic!(
            "TEST_DATABASE is `postgres` or not set, but not {}",
            name.display()
        ),
    }
}

/// Returns how often a fault is repeated within its test.
pub(crate) fn fault_rounds() -> usize {
    let rounds = variable("FAULT_ROUNDS").and_then(|rounds| rounds.into_string().ok());
    rounds.map_or(1, |rounds| {
        rounds.parse().expect("FAULT_ROUNDS is a number")
    })
}

/// Says whether the test run found out that this user may mount nothing.
pub(crate) fn mounts_are_refused() -> bool {
    variable("TEST_MOUNTS").is_some_and(|mounts| mounts == "refused")
}

#[expect(
    clippy::disallowed_methods,
    reason = "it is how a test run is told what it is about and where its tools lie"
)]
fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name)
}

fn prepared(name: &str) -> PathBuf {
    match variable(name) {
        Some(path) => PathBuf::from(path),
        None => {
            panic!("{name} is not set: run the tests with `cargo xtask test`, which sets it")
        }
    }
}
