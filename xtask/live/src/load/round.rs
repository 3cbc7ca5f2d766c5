//! One measurement: a service on an empty database, the idle phase, the busy phase, the checks.

use std::path::Path;

use anyhow::Context;
use tempfile::TempDir;

use crate::interrupt::unless_interrupted;
use crate::service::Service;
use xtask::workspace;

use super::contents::Contents;
use super::cost::Meter;
use super::database::Database;
use super::figures::Figures;
use super::installation::Installation;
use super::{Options, idle, outcome, processes, progress, throughput};

/// Measures a binary once. Stops the service and removes its folder however the measurement ended.
///
/// # Errors
/// The service does not run, or refuses a report. What is missing or wrong is among the figures.
pub(super) async fn measure(binary: &Path, options: &Options) -> anyhow::Result<Figures> {
    // Beside the build, because a temporary folder may lie in memory, where commits cost nothing.
    let folder = TempDir::with_prefix_in("kayle-load-", workspace::target_dir()?);
    let folder = folder.context("no temporary folder")?;
    let database = Database::start(options.database)?;
    database.migrate(binary)?;
    let start = Service::start(binary, folder.path(), database.settings());
    let mut service = unless_interrupted(start).await?;
    let measured = unless_interrupted(both_phases(&service, &database, options)).await;
    let stopped = service.stop().await;
    if measured.is_err() {
        eprintln!("{}", service.last_log_lines());
    }
    let removed = folder.close().context("cannot remove the temporary folder");
    let figures = measured?;
    stopped.and(removed)?;
    Ok(figures)
}

async fn both_phases(
    service: &Service,
    database: &Database,
    options: &Options,
) -> anyhow::Result<Figures> {
    let installation = Installation::set_up(service, options.endpoints).await?;
    let receiver = &installation.receiver;
    let idle = idle::measure(&installation, options.idle_reports).await?;
    let sessions = throughput::open(&installation, options.sessions, options.callers).await?;

    receiver.misbehave(options.misbehaviour());
    let meter = Meter::start(service, database)?;
    let throughput = throughput::measure(&installation, &sessions, options.pace()).await?;
    if options.failing > 0 {
        let deliveries: Vec<_> = throughput.measured.sessions.keys().collect();
        let bar = progress::bar(
            "waiting for the second attempts".to_owned(),
            deliveries.len(),
        );
        receiver.wait_until_accepted(&deliveries, &bar).await;
    }
    let settled = outcome::wait_until_settled(&installation).await;
    let cost = meter.stop()?;
    let service_id = service.id().context("the service has ended")?;
    let peak_memory_kib = processes::peak_memory_kib(service_id)?;

    let mut sessions = idle.sessions.clone();
    sessions.extend(throughput.measured.sessions.clone());
    let mut faults: Vec<_> = settled.err().into_iter().collect();
    if faults.is_empty() {
        let checked = outcome::check_all_succeeded(&installation, sessions.len()).await;
        faults.extend(checked.err());
    }
    Ok(Figures {
        contents: Contents::check(&installation, &sessions),
        duplicates: receiver.duplicates(),
        idle,
        throughput,
        cost,
        peak_memory_kib,
        faults,
    })
}
