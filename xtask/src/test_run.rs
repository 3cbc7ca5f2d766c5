//! `cargo xtask test`: one command from a fresh checkout to every test having run.
//!
//! It prepares, says what it prepares, and never skips: a test that lacks its tool would be a
//! test that nobody runs. That the Rust compiler is young enough is cargo's own check, against
//! `rust-version` in the root manifest.

mod debian;
mod receiver_tools;

use std::process::Command;

use crate::workspace::{self, Profile};

use receiver_tools::ReceiverTools;

/// Prepares what the tests need, builds the binary they start, and runs all of them.
///
/// # Errors
/// A tool cannot be had, or a test failed.
pub fn run() -> anyhow::Result<()> {
    debian::install_missing()?;
    let tools = ReceiverTools::install()?;
    workspace::build_binary(Profile::Dev)?;
    run_tests(&tools)
}

/// Nextest runs each test in its own process and does not know documentation tests; they follow.
fn run_tests(tools: &ReceiverTools) -> anyhow::Result<()> {
    let mut tests = workspace::command("cargo");
    if workspace::succeeds(Command::new("cargo").args(["nextest", "--version"])) {
        tests.args(["nextest", "run", "--no-fail-fast"]);
    } else {
        println!("cargo-nextest is not installed: running with cargo test");
        tests.args(["test", "--no-fail-fast", "--lib", "--bins", "--tests"]);
    }
    tests.args(["--workspace", "--locked"]);
    workspace::run(tools.announce(&mut tests))?;

    let mut doc_tests = workspace::command("cargo");
    doc_tests.args(["test", "--doc", "--workspace", "--locked"]);
    workspace::run(&mut doc_tests)
}
