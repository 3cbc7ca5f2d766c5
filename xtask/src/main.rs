//! The command line of `cargo xtask`.

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Parser, Subcommand};

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
    Demo {
        /// Ends after the show instead of staying up to be played with
        #[arg(long)]
        once: bool,
    },
    /// Prepares what the tests need and runs every test there is
    Test,
    /// Checks that every package uses only what the architecture allows it
    Layers,
    /// Measures how fast the service is; fails only if something is lost
    Load(xtask::load::Options),
    /// Runs the service in one thread, with every fault chosen by a seed
    Sim(xtask::sim::Options),
    /// Runs `kayle-webhooks admin` with these arguments
    #[command(disable_help_flag = true)]
    Admin {
        /// What the binary's admin command is given
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<OsString>,
    },
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
        Verb::Demo { once: true } => xtask::demo::show_once()?,
        Verb::Demo { once: false } => xtask::demo::show_and_stay()?,
        Verb::Test => xtask::test_run::run()?,
        Verb::Layers => {
            let packages = xtask::layers::check()?;
            println!("{packages} packages keep to their layers");
        }
        Verb::Load(options) => return xtask::load::run(&options),
        Verb::Sim(options) => return xtask::sim::run(&options),
        Verb::Admin { arguments } => return xtask::admin::run(&arguments),
    }
    Ok(ExitCode::SUCCESS)
}
