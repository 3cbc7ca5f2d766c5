//! Where this checkout lies, and how other programs are run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, ExitStatus};

use anyhow::{Context, bail};
use cargo_metadata::MetadataCommand;

/// Returns the folder of the workspace's manifest.
pub fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .expect("xtask lies in a folder of the workspace")
}

/// Returns the folder that cargo builds into, wherever the caller's settings put it.
pub fn target_dir() -> anyhow::Result<PathBuf> {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .context("cargo metadata gives no answer")?;
    Ok(metadata.target_directory.into_std_path_buf())
}

/// Returns a command that will run in the workspace's folder.
pub fn command(program: &str) -> Command {
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// How the binary is built.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Profile {
    /// As developers run it.
    Dev,
    /// As operators run it.
    Release,
}

/// Builds the binary and returns its path.
pub fn build_binary(profile: Profile) -> anyhow::Result<PathBuf> {
    let (name, folder) = match profile {
        Profile::Dev => ("dev", "debug"),
        Profile::Release => ("release", "release"),
    };
    let mut cargo = command("cargo");
    cargo.args(["build", "--locked", "--package", "kayle-server"]);
    run(cargo.args(["--bin", "kayle-webhooks", "--profile", name]))?;
    Ok(target_dir()?.join(folder).join("kayle-webhooks"))
}

/// Builds the command of customers, as developers run it, beside the binary.
pub fn build_customers_command() -> anyhow::Result<()> {
    let mut cargo = command("cargo");
    run(cargo.args([
        "build",
        "--locked",
        "--package",
        "kayle-cli",
        "--bin",
        "kayle",
    ]))
}

/// Runs a command on this terminal to its end.
///
/// # Errors
/// The program cannot be started, or it says with its exit status that it failed.
pub fn run(command: &mut Command) -> anyhow::Result<()> {
    let status = status(command)?;
    if status.success() {
        return Ok(());
    }
    bail!("`{}` failed: {status}", shown(command))
}

/// Runs a command on this terminal to its end and returns its exit status, whatever it is.
pub fn status(command: &mut Command) -> anyhow::Result<ExitStatus> {
    let status = command.status();
    status.with_context(|| format!("cannot run `{}`", shown(command)))
}

/// Runs a command on this terminal to its end and returns its exit code as one's own.
pub fn hand_over(command: &mut Command) -> anyhow::Result<ExitCode> {
    let status = status(command)?;
    // A process that a signal ended has no code of its own.
    let code = status.code().and_then(|code| u8::try_from(code).ok());
    Ok(code.map_or(ExitCode::FAILURE, ExitCode::from))
}

/// Says whether a command can be started and succeeds; what it prints is thrown away.
pub fn succeeds(command: &mut Command) -> bool {
    command.output().is_ok_and(|output| output.status.success())
}

fn shown(command: &Command) -> String {
    let program = command.get_program();
    let words = std::iter::once(program).chain(command.get_args());
    let words: Vec<_> = words.map(|word| word.to_string_lossy()).collect();
    words.join(" ")
}
