//! `kayle`: for the engineers of customers.
//!
//! The cast: [`command_line`] is what can be typed, [`commands`] are the verbs, [`api`] asks the
//! service, [`failure`] says which exit code a failure has, [`screen`] prints.

#![deny(
    clippy::print_stdout,
    reason = "println! panics when nobody reads stdout: use screen::print"
)]

mod api;
mod command_line;
mod commands;
mod failure;
mod files;
mod screen;

use std::process::ExitCode;

use clap::Parser as _;

use crate::command_line::CommandLine;

fn main() -> ExitCode {
    match commands::run(CommandLine::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("kayle: {failure}");
            ExitCode::from(failure.exit_code())
        }
    }
}
