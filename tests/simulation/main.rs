//! Runs the simulation: `--seeds N` tells the first N stories, `--seed S` tells one with its trace.

use std::process::ExitCode;

use clap::Parser;
use simulation::{Counts, run, run_traced};

/// How many lines of a trace are worth reading first: the end of the story.
const LINES: usize = 60;

/// Runs the service in one thread, with every fault chosen by a seed
#[derive(Parser)]
#[command(name = "simulation")]
struct Options {
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

fn main() -> ExitCode {
    let options = Options::parse();
    match options.seed {
        Some(seed) => show(seed, usize::MAX),
        None => search(options.from..options.from.saturating_add(options.seeds)),
    }
}

fn show(seed: u64, lines: usize) -> ExitCode {
    let told = run_traced(seed, None);
    let first = told.trace.len().saturating_sub(lines);
    for line in &told.trace[first..] {
        println!("{line}");
    }
    if let Some(breach) = told.breach {
        println!("seed {seed} breaks {breach}");
        return ExitCode::FAILURE;
    }
    println!("seed {seed} keeps every law: {}", text(told.counts));
    ExitCode::SUCCESS
}

fn search(seeds: std::ops::Range<u64>) -> ExitCode {
    let mut total = Counts::default();
    for seed in seeds.clone() {
        let told = run(seed, None);
        if told.breach.is_some() {
            println!("replay it with `cargo xtask sim --seed {seed}`; its last steps were:");
            return show(seed, LINES);
        }
        total.add(told.counts);
    }
    let count = seeds.end - seeds.start;
    println!("{count} seeds keep every law: {}", text(total));
    ExitCode::SUCCESS
}

fn text(counts: Counts) -> String {
    let Counts {
        deliveries,
        requests,
        succeeded,
        crashes,
        suppressed,
    } = counts;
    format!(
        "{deliveries} deliveries, {succeeded} of them succeeded; {requests} requests; \
         {suppressed} sessions withdrawn or cancelled; {crashes} crashes"
    )
}
