//! `cargo xtask test`: one command from a fresh checkout to every test having run.
//!
//! It prepares, says what it prepares, and never skips: a test that lacks its tool would be a
//! test that nobody runs. That the Rust compiler is young enough is cargo's own check, against
//! `rust-version` in the root manifest.

mod database;
mod debian;
mod mounts;
pub(crate) mod receiver_tools;

use std::process::Command;

use crate::workspace::{self, Profile};

use database::TestServer;
use mounts::Mounts;
use receiver_tools::ReceiverTools;

/// What the tests find outside themselves.
struct Surroundings {
    tools: ReceiverTools,
    server: TestServer,
    mounts: Mounts,
}

/// A program that runs tests.
#[derive(Debug, Clone, Copy)]
enum Runner {
    /// Runs each test in its own process, and knows no documentation tests.
    Nextest,
    Cargo,
}

/// Modules of the package `tests` that start no service on the run's database: they bring their
/// own, or none. What is tried in a browser is the same on every database.
const WITHOUT_DATABASE: [&str; 8] = [
    "browser::",
    "database_tls::",
    "faults::",
    "layers::",
    "moving::",
    "pooler::",
    "receiver_vectors::",
    "simulation::",
];

/// Prepares what the tests need, builds the binary they start, and runs all of them.
///
/// # Errors
/// A tool cannot be had, or a test failed.
pub fn run() -> anyhow::Result<()> {
    debian::install_missing()?;
    let tools = ReceiverTools::install()?;
    let binary = workspace::build_binary(Profile::Dev)?;
    workspace::build_customers_command()?;
    let server = TestServer::start(&binary)?;
    let surroundings = Surroundings {
        tools,
        server,
        mounts: Mounts::probe()?,
    };
    let runner = Runner::find();
    // All of them, whatever the first ones say.
    let outcomes = [
        run_all(runner, &surroundings),
        run_the_wire_on_postgres(runner, &surroundings),
        run_documentation_tests(),
    ];
    outcomes.into_iter().collect()
}

/// Installs the packages that drive a browser, and returns where they lie.
///
/// # Errors
/// They cannot be had.
pub fn browser_modules() -> anyhow::Result<std::path::PathBuf> {
    receiver_tools::install_browser_modules()
}

fn run_all(runner: Runner, surroundings: &Surroundings) -> anyhow::Result<()> {
    let mut tests = runner.command();
    tests.args(["--workspace", "--locked"]);
    workspace::run(surroundings.announce(&mut tests))
}

/// The run before had every service on SQLite.
fn run_the_wire_on_postgres(runner: Runner, surroundings: &Surroundings) -> anyhow::Result<()> {
    println!("the same services on PostgreSQL");
    let mut tests = runner.command();
    tests.args(["--package", "tests", "--locked", "--"]);
    for module in WITHOUT_DATABASE {
        tests.args(["--skip", module]);
    }
    tests.env("TEST_DATABASE", "postgres");
    workspace::run(surroundings.announce(&mut tests))
}

fn run_documentation_tests() -> anyhow::Result<()> {
    let mut tests = workspace::command("cargo");
    workspace::run(tests.args(["test", "--doc", "--workspace", "--locked"]))
}

impl Surroundings {
    /// Tells a test run where they are.
    fn announce<'a>(&self, tests: &'a mut Command) -> &'a mut Command {
        let tests = self.mounts.announce(tests);
        self.server.announce(self.tools.announce(tests))
    }
}

impl Runner {
    fn find() -> Self {
        if workspace::succeeds(Command::new("cargo").args(["nextest", "--version"])) {
            return Self::Nextest;
        }
        println!("cargo-nextest is not installed: running with cargo test");
        Self::Cargo
    }

    fn command(self) -> Command {
        let mut command = workspace::command("cargo");
        match self {
            Self::Nextest => command.args(["nextest", "run", "--no-fail-fast"]),
            Self::Cargo => command.args(["test", "--no-fail-fast", "--lib", "--bins", "--tests"]),
        };
        command
    }
}
