//! `kayle-webhooks`: tells Kayle ID's customers how a verification ended.
//!
//! The cast: [`config`] reads what the operator chose, [`wiring`] puts the adapters behind the
//! operations, [`commands`] are the verbs. Everything else lives in the crates below.

mod clock;
mod commands;
mod config;
mod entropy;
mod secret_key;
mod telemetry;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use crate::commands::CommandLine;

fn main() -> ExitCode {
    match commands::run(CommandLine::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kayle-webhooks: {error:#}");
            ExitCode::FAILURE
        }
    }
}
