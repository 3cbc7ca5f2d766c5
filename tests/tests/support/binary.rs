//! The binary under test.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

/// Gives the binary that was built into the same folder as these tests.
fn path() -> PathBuf {
    let this_test = std::env::current_exe().expect("a running program has a path");
    let profile = this_test.parent().and_then(Path::parent);
    let profile = profile.expect("cargo puts tests into a folder of the profile's");
    let binary = profile.join("kayle-webhooks");
    assert!(
        binary.exists(),
        "{} is not there: run the tests with `cargo xtask test`, which builds it",
        binary.display()
    );
    binary
}

/// A command of the binary with this environment and no other; it dies with its handle.
pub(crate) fn command<'a>(
    folder: &Path,
    environment: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Command {
    let mut command = Command::new(path());
    command
        .current_dir(folder)
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}
