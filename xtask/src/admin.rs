//! `cargo xtask admin …`: the binary's own admin commands, from a checkout.

use std::ffi::OsString;
use std::process::ExitCode;

use crate::workspace;

/// Hands the arguments to `kayle-webhooks admin` and returns its exit code.
pub fn run(arguments: &[OsString]) -> anyhow::Result<ExitCode> {
    let mut cargo = std::process::Command::new("cargo");
    cargo
        .args(["run", "--quiet", "--manifest-path"])
        .arg(workspace::root().join("Cargo.toml"))
        .args(["--package", "kayle-server", "--bin", "kayle-webhooks"])
        .args(["--", "admin"])
        .args(arguments);
    workspace::hand_over(&mut cargo)
}
