//! `kayle-webhooks`: tells Kayle ID's customers how a verification ended.
//!
//! The cast: [`config`] reads what the operator chose, [`wiring`] puts the adapters behind the
//! operations, [`commands`] are the verbs, [`metrics`] and [`readiness`] tell operators how it
//! goes. Everything else lives in the crates below.

#![deny(
    clippy::print_stdout,
    reason = "println! panics when nobody reads stdout: use commands::print_line"
)]

mod clock;
mod commands;
mod config;
mod descriptors;
mod entropy;
mod files;
mod listeners;
mod memory;
mod metrics;
mod operators;
mod readiness;
mod secret_key;
mod serve_lock;
mod telemetry;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

use crate::commands::CommandLine;

fn main() -> ExitCode {
    match commands::run(CommandLine::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("kayle-webhooks: {}", describe(&error));
            ExitCode::FAILURE
        }
    }
}

/// Returns what went wrong and why, in one line. Some libraries end an error with its cause's
/// words; those are told once.
fn describe(error: &anyhow::Error) -> String {
    let mut told = String::new();
    for link in error.chain() {
        let link = link.to_string();
        if told.is_empty() {
            told = link;
        } else if !told.ends_with(&link) {
            told = format!("{told}: {link}");
        }
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_told_once() {
        let refused = std::io::Error::other("refused");
        let quoting = anyhow::Error::new(refused).context("no connection: refused");
        assert_eq!(
            describe(&quoting.context("no database")),
            "no database: no connection: refused"
        );
    }
}
