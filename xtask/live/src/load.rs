//! `cargo xtask load`: how fast the service is, measured from outside.
//!
//! The real binary, built for release, runs on a throw-away SQLite database and is spoken to only
//! as its users do. `installation` makes an organization with its endpoints, `receiver` is the
//! server behind them, `idle` and `throughput` are the two measurements, `latency` sums up,
//! `outcome` looks for what was lost, and `figures` prints. `scaling` is a measurement of its own:
//! one dispatcher against several on one PostgreSQL.

use std::num::{NonZeroU16, NonZeroU32};
use std::path::Path;
use std::process::ExitCode;
use std::time::Instant;

use anyhow::Context;
use clap::Args;
use tempfile::TempDir;

use crate::interrupt::unless_interrupted;
use crate::service::Service;
use xtask::workspace::{self, Profile};

use self::figures::{Figures, Machine};
use self::installation::Installation;

mod cpu_share;
mod figures;
mod idle;
mod installation;
mod latency;
mod outcome;
mod receiver;
mod scaling;
mod throughput;

/// How much is measured.
#[derive(Debug, Args)]
pub(crate) struct Options {
    /// Reports in the first phase, one after the other on an idle service
    #[arg(long, default_value = "200")]
    idle_reports: NonZeroU32,
    /// Sessions in the second phase, all opened beforehand; each is reported once
    #[arg(long, default_value = "2000")]
    sessions: NonZeroU32,
    /// Callers that report at once in the second phase
    #[arg(long, default_value = "16")]
    callers: NonZeroU32,
    /// Endpoints, each with its own RSA-2048 key; every event goes to all of them
    #[arg(long, default_value = "1")]
    endpoints: NonZeroU16,
    /// Measure instead how fast this many dispatchers on one PostgreSQL send a backlog, and one
    /// alone
    #[arg(long)]
    dispatchers: Option<NonZeroU16>,
    /// With --dispatchers: give each this much of one core, so that they are the limit (needs root)
    #[arg(long, requires = "dispatchers", value_parser = clap::value_parser!(u16).range(1..=100))]
    cpu_percent: Option<u16>,
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

/// Measures the service and prints the figures.
///
/// # Errors
/// A report was refused or a delivery was lost; never because something was slow.
pub(crate) fn run(options: &Options) -> anyhow::Result<ExitCode> {
    if cfg!(debug_assertions) {
        return run_in_release();
    }
    let binary = workspace::build_binary(Profile::Release)?;
    let machine = Machine::this()?;
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    if let Some(dispatchers) = options.dispatchers {
        let figures = runtime.block_on(scaling::measure(&binary, options, dispatchers))?;
        if options.json {
            println!("{:#}", figures.json(&machine));
        } else {
            print!("{}", figures.table(&machine));
        }
        return Ok(ExitCode::SUCCESS);
    }
    let figures = runtime.block_on(measure(&binary, options))?;
    if options.json {
        println!("{:#}", figures.json(&machine));
    } else {
        print!("{}", figures.table(&machine));
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

/// Stops the service and removes its folder however the measurement ended.
async fn measure(binary: &Path, options: &Options) -> anyhow::Result<Figures> {
    // Beside the build, because a temporary folder may lie in memory, where commits cost nothing.
    let folder = TempDir::with_prefix_in("kayle-load-", workspace::target_dir()?);
    let folder = folder.context("no temporary folder")?;
    let start = Service::start(binary, folder.path(), Vec::new());
    let mut service = unless_interrupted(start).await?;
    let measured = unless_interrupted(both_phases(&service, options)).await;
    let stopped = service.stop().await;
    if measured.is_err() {
        eprintln!("{}", service.last_log_lines());
    }
    let removed = folder.close().context("cannot remove the temporary folder");
    let figures = measured?;
    stopped.and(removed)?;
    Ok(figures)
}

async fn both_phases(service: &Service, options: &Options) -> anyhow::Result<Figures> {
    let installation = Installation::set_up(service, options.endpoints).await?;
    eprintln!(
        "idle: {} reports, one after the other",
        options.idle_reports
    );
    let idle = idle::measure(&installation, options.idle_reports).await?;
    eprintln!("opening {} sessions", options.sessions);
    let sessions = throughput::open(&installation, options.sessions, options.callers).await?;
    eprintln!("reporting them, {} at once", options.callers);
    let throughput = throughput::measure(&installation, &sessions, options.callers).await?;
    let deliveries = idle.deliveries() + throughput.measured.deliveries();
    outcome::check_all_succeeded(&installation, deliveries).await?;
    Ok(Figures {
        endpoints: options.endpoints,
        callers: options.callers,
        repeated: installation.receiver.repeated(),
        idle,
        throughput,
    })
}

/// The monotonic clock. Callers and receiver run in this process, so all its times compare.
#[expect(
    clippy::disallowed_methods,
    reason = "what is measured here is real time"
)]
fn now() -> Instant {
    Instant::now()
}
