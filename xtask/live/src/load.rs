//! `cargo xtask load`: how fast the service is, measured from outside.
//!
//! The real binary, built for release, runs on a throw-away database and is spoken to only as its
//! users do. [`round`] is one measurement: [`database`] is what the service works on,
//! [`installation`] makes an organization with its endpoints, [`receiver`] is the server behind
//! them with its [`misbehaviour`], [`idle`] and [`throughput`] are the two phases, and [`pace`] says
//! when the second one's reports begin. [`latency`] sums up, [`cost`] and [`processes`] say what it
//! took, [`outcome`] looks for what was lost and [`contents`] for what is wrong, and [`figures`]
//! prints.
//!
//! [`comparison`] measures two binaries in turn, which [`server`] builds. [`scaling`] is a
//! measurement of its own: one dispatcher against several on one PostgreSQL.

use std::num::{NonZeroU16, NonZeroU32};
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use serde_json::Value;
use tokio::runtime::Runtime;

use xtask::workspace;

use self::database::DatabaseKind;
use self::machine::Machine;
use self::misbehaviour::Misbehaviour;
use self::pace::Pace;
use self::server::Server;

mod comparison;
mod contents;
mod cost;
mod cpu_share;
mod database;
mod figures;
mod idle;
mod installation;
mod latency;
mod machine;
mod misbehaviour;
mod outcome;
mod pace;
mod processes;
mod progress;
mod receiver;
mod round;
mod scaling;
mod server;
mod table;
mod throughput;

/// How much is measured.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Database of the service
    #[arg(long, value_enum, default_value = "sqlite")]
    database: DatabaseKind,
    /// Reports in the first phase, one after the other on an idle service
    #[arg(long, default_value = "200")]
    idle_reports: NonZeroU32,
    /// Sessions in the second phase, all opened beforehand; each is reported once
    #[arg(long, default_value = "2000")]
    sessions: NonZeroU32,
    /// Callers that report at once in the second phase
    #[arg(long, default_value = "16")]
    callers: NonZeroU32,
    /// Begin so many reports a second in the second phase, whether answers come or not
    #[arg(long)]
    rate: Option<NonZeroU32>,
    /// Endpoints; every event goes to all of them
    #[arg(long, default_value = "1")]
    endpoints: u16,
    /// Deliveries of the second phase, in percent, whose first request is answered 500
    #[arg(long, default_value = "0", value_parser = clap::value_parser!(u8).range(..=100))]
    failing: u8,
    /// Deliveries of the second phase, in percent, whose first request is answered after a second
    #[arg(long, default_value = "0", value_parser = clap::value_parser!(u8).range(..=100))]
    slow: u8,
    /// Measure this binary instead of building one; a path within the checkout, or an absolute one
    #[arg(long)]
    server: Option<PathBuf>,
    /// Measure another git revision as well, in turn with this one, and compare
    #[arg(long)]
    against: Option<String>,
    /// With --against: how often each of the two is measured
    #[arg(long, requires = "against", default_value = "3")]
    rounds: NonZeroU16,
    /// Measure instead how fast this many dispatchers on one PostgreSQL send a backlog, and one
    /// alone
    #[arg(long, conflicts_with_all = ["database", "rate", "failing", "slow", "against"])]
    dispatchers: Option<NonZeroU16>,
    /// With --dispatchers: give each this much of one core, so that they are the limit (needs root)
    #[arg(long, requires = "dispatchers", value_parser = clap::value_parser!(u16).range(1..=100))]
    cpu_percent: Option<u16>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

impl Options {
    fn pace(&self) -> Pace {
        self.rate
            .map_or(Pace::Callers(self.callers), Pace::PerSecond)
    }

    fn misbehaviour(&self) -> Misbehaviour {
        Misbehaviour {
            failing_percent: self.failing,
            slow_percent: self.slow,
        }
    }

    fn server(&self) -> anyhow::Result<Server> {
        match &self.server {
            Some(path) => Server::given(path),
            None => Server::of_this_checkout(),
        }
    }

    fn print(&self, table: &str, json: &Value) {
        if self.json {
            println!("{json:#}");
        } else {
            print!("{table}");
        }
    }
}

/// Measures the service and prints the figures.
///
/// # Errors
/// A report was refused, a delivery was lost or a request was wrong; never because something was
/// slow.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    if cfg!(debug_assertions) {
        return run_in_release();
    }
    let server = options.server()?;
    let machine = Machine::measuring(server.revision.clone())?;
    let runtime = Runtime::new().context("cannot start the async runtime")?;
    if let Some(dispatchers) = options.dispatchers {
        let scaling = scaling::measure(&server.binary, options, dispatchers);
        let figures = runtime.block_on(scaling)?;
        options.print(&figures.table(&machine), &figures.json(&machine));
    } else if let Some(revision) = &options.against {
        let other = Server::of_revision(revision)?;
        let comparison = runtime.block_on(comparison::measure(&server, &other, options))?;
        let json = comparison.json(&machine, options);
        options.print(&comparison.table(&machine, options), &json);
    } else {
        let figures = runtime.block_on(round::measure(&server.binary, options))?;
        let json = figures.json(&machine, options);
        options.print(&figures.table(&machine, options), &json);
        figures.check()?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Callers and receiver share the machine with the service: built for debugging, they would take
/// the time that they are to measure.
fn run_in_release() -> anyhow::Result<ExitCode> {
    let mut cargo = workspace::command("cargo");
    cargo
        .args([
            "run",
            "--quiet",
            "--release",
            "--locked",
            "--package",
            "xtask-live",
            "--",
        ])
        .args(std::env::args_os().skip(1));
    workspace::hand_over(&mut cargo)
}

/// The monotonic clock. Callers and receiver run in this process, so all its times compare.
#[expect(
    clippy::disallowed_methods,
    reason = "what is measured here is real time"
)]
fn now() -> Instant {
    Instant::now()
}
