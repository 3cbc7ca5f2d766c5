//! The verbs of `cargo xtask` that run the service.
//!
//! The cast: [`demo`] shows the service at work, [`load`] measures it, [`pictures`] photographs its
//! pages; [`service`] runs it for
//! them, and [`interrupt`] ends them in good order.

mod demo;
mod interrupt;
mod load;
mod pictures;
mod service;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Verbs that run the service.
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
    /// Takes the pictures of the dashboard for the documentation
    Pictures,
    /// Measures how fast the service is; fails only if something is lost
    Load(load::Options),
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
        Verb::Demo { once: true } => demo::show_once()?,
        Verb::Demo { once: false } => demo::show_and_stay()?,
        Verb::Pictures => pictures::take()?,
        Verb::Load(options) => return load::run(&options),
    }
    Ok(ExitCode::SUCCESS)
}
