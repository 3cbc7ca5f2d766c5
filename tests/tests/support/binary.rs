//! The binary under test.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::process::Command;

/// Returns the service's binary.
pub(crate) fn path() -> PathBuf {
    built("kayle-webhooks")
}

/// Returns a binary that was built into the same folder as these tests.
fn built(name: &str) -> PathBuf {
    let this_test = std::env::current_exe().expect("a running program has a path");
    let profile = this_test.parent().and_then(Path::parent);
    let profile = profile.expect("cargo puts tests into a folder of the profile's");
    let binary = profile.join(name);
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
    in_surroundings(Command::new(path()), folder, environment)
}

/// A command of `kayle`, which customers have, with this environment and no other.
pub(crate) fn customers_command<'a>(
    folder: &Path,
    environment: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Command {
    in_surroundings(Command::new(built("kayle")), folder, environment)
}

/// A command of the binary, with the signal ignored that would end it when it meets a limit on files: it is told
/// that the file is too large, as it would be told that a disk is full.
pub(crate) fn command_deaf_to_file_limits<'a>(
    folder: &Path,
    environment: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Command {
    let mut shell = Command::new("/bin/sh");
    shell.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]);
    shell.arg(path());
    in_surroundings(shell, folder, environment)
}

fn in_surroundings<'a>(
    mut command: Command,
    folder: &Path,
    environment: impl IntoIterator<Item = (&'a str, &'a str)>,
) -> Command {
    command
        .current_dir(folder)
        .env_clear()
        .envs(environment)
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}
