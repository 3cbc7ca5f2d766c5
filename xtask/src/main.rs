//! The command line of `cargo xtask`.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask::workspace;

/// Developer verbs of this workspace.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct CommandLine {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(Subcommand)]
enum Verb {
    /// Starts the service and a customer's receiver, and shows a verification being delivered
    #[command(disable_help_flag = true)]
    Demo(Forwarded),
    /// Takes the pictures of the dashboard for the documentation
    #[command(disable_help_flag = true)]
    Pictures(Forwarded),
    /// Prepares what the tests need and runs every test there is
    Test,
    /// Checks that every package uses only what the architecture allows it
    Layers,
    /// Packages the crates for other services, runs their examples, compares them to the last
    /// release
    Reuse,
    /// Builds the program that is shipped: one static file, and its debug symbols beside it
    Dist,
    /// Looks after what the receiver libraries share
    #[command(subcommand)]
    Receivers(Receivers),
    /// Measures how fast the service is; fails only if something is lost
    #[command(disable_help_flag = true)]
    Load(Forwarded),
    /// Runs the service in one thread, with every fault chosen by a seed
    Sim(xtask::sim::Options),
    /// Runs `kayle-webhooks admin` with these arguments
    #[command(disable_help_flag = true)]
    Admin(Forwarded),
}

#[derive(Subcommand)]
enum Receivers {
    /// Writes the cases that all libraries answer alike, and the events' schema
    Generate,
    /// Looks for a request that two libraries answer differently
    Fuzz {
        /// How long to look
        #[arg(long = "for", value_name = "DURATION", default_value = "10m")]
        span: String,
    },
}

/// What another program is given.
#[derive(clap::Args)]
struct Forwarded {
    /// See --help of the command
    #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
    arguments: Vec<OsString>,
}

fn main() -> ExitCode {
    match run(CommandLine::parse().verb) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(verb: Verb) -> anyhow::Result<ExitCode> {
    match verb {
        Verb::Demo(forwarded) => return live("demo", &forwarded.arguments),
        Verb::Pictures(forwarded) => return live("pictures", &forwarded.arguments),
        Verb::Test => xtask::test_run::run()?,
        Verb::Layers => {
            let packages = xtask::layers::check()?;
            println!("{packages} packages keep to their layers");
        }
        Verb::Reuse => xtask::reuse::check()?,
        Verb::Receivers(Receivers::Generate) => xtask::receivers::generate()?,
        Verb::Receivers(Receivers::Fuzz { span }) => xtask::receivers::fuzz(&span)?,
        Verb::Dist => {
            let built = xtask::dist::build()?;
            println!("{built}");
        }
        Verb::Load(forwarded) => return live("load", &forwarded.arguments),
        Verb::Sim(options) => return xtask::sim::run(&options),
        Verb::Admin(forwarded) => return xtask::admin::run(&forwarded.arguments),
    }
    Ok(ExitCode::SUCCESS)
}

/// Runs a verb of the package that runs the service.
fn live(verb: &str, arguments: &[OsString]) -> anyhow::Result<ExitCode> {
    let mut cargo = workspace::command("cargo");
    cargo.args([
        "run",
        "--quiet",
        "--locked",
        "--package",
        "xtask-live",
        "--",
        verb,
    ]);
    workspace::hand_over(cargo.args(arguments))
}
