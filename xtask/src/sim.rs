//! `cargo xtask sim`: the simulation of the whole service, which lives with the tests.

use std::process::ExitCode;

use clap::Args;

use crate::workspace;

/// Which stories are told.
#[derive(Debug, Args)]
pub struct Options {
    /// How many seeds to run
    #[arg(long, default_value = "3000", conflicts_with = "seed")]
    seeds: u64,
    /// The seed to begin with
    #[arg(long, default_value = "0", conflicts_with = "seed")]
    from: u64,
    /// Runs only this one, and shows all that happens
    #[arg(long)]
    seed: Option<u64>,
}

/// Runs the simulation, and ends as it ends.
///
/// # Errors
/// Cargo cannot be started.
pub fn run(options: &Options) -> anyhow::Result<ExitCode> {
    let mut cargo = workspace::command("cargo");
    cargo.args(["run", "--quiet", "--locked", "--package", "tests"]);
    cargo.args(["--bin", "simulation", "--"]);
    let (seeds, from) = (options.seeds.to_string(), options.from.to_string());
    if let Some(seed) = options.seed {
        cargo.args(["--seed", &seed.to_string()]);
    } else {
        cargo.args(["--seeds", &seeds, "--from", &from]);
    }
    workspace::hand_over(&mut cargo)
}
