//! How much faster several dispatchers send a backlog than one, on one PostgreSQL.
//!
//! An API node takes the reports while nothing dispatches. Then the dispatchers start, and what
//! counts is the time from the first arrival to the last one.

use std::num::NonZeroU16;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, ensure};
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt, TryStreamExt};
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::interrupt::unless_interrupted;
use crate::service::{Service, Settings};
use xtask::workspace;

use super::cpu_share::CpuShare;
use super::database::Postgres;
use super::figures::per_s;
use super::installation::{Installation, Report};
use super::machine::Machine;
use super::table::line;
use super::{Options, outcome, progress, throughput};

/// One backlog, sent.
pub(super) struct Drain {
    dispatchers: u16,
    deliveries: usize,
    took: Duration,
}

/// The same backlog sent by one dispatcher and by several.
pub(super) struct Scaling {
    one: Drain,
    several: Drain,
    duplicates: usize,
}

/// What is the same for every node.
struct Nodes<'a> {
    binary: &'a Path,
    folder: &'a Path,
    settings: Settings,
    cpu_percent: Option<u16>,
}

/// Sends two backlogs, the first with one dispatcher and the second with `dispatchers`.
///
/// # Errors
/// PostgreSQL cannot be had, or a delivery was lost.
pub(super) async fn measure(
    binary: &Path,
    options: &Options,
    dispatchers: NonZeroU16,
) -> anyhow::Result<Scaling> {
    ensure!(
        options.endpoints > 0,
        "without an endpoint nothing is sent: give --endpoints"
    );
    let folder = TempDir::with_prefix_in("kayle-load-", workspace::target_dir()?);
    let folder = folder.context("no temporary folder")?;
    let postgres = Postgres::start()?;
    postgres.migrate(binary)?;
    let nodes = Nodes {
        binary,
        folder: folder.path(),
        settings: postgres.settings(),
        cpu_percent: options.cpu_percent,
    };
    unless_interrupted(nodes.measure(options, dispatchers.get())).await
}

impl Nodes<'_> {
    async fn measure(&self, options: &Options, dispatchers: u16) -> anyhow::Result<Scaling> {
        let mut api = self.start("api", 0).await?;
        let installation = Installation::set_up(&api, options.endpoints).await?;
        let one = self.drain(&installation, options, 1).await?;
        let several = self.drain(&installation, options, dispatchers).await?;
        outcome::check_all_succeeded(&installation, one.deliveries + several.deliveries).await?;
        api.stop().await?;
        Ok(Scaling {
            one,
            several,
            duplicates: installation.receiver.duplicates(),
        })
    }

    async fn drain(
        &self,
        installation: &Installation,
        options: &Options,
        dispatchers: u16,
    ) -> anyhow::Result<Drain> {
        eprintln!(
            "{} sessions for {dispatchers} dispatchers",
            options.sessions
        );
        let sessions = throughput::open(installation, options.sessions, options.callers).await?;
        let reports: Vec<Report> = stream::iter(&sessions)
            .map(|session_id| installation.report(session_id))
            .buffer_unordered(usize::try_from(options.callers.get())?)
            .try_collect()
            .await?;
        let deliveries: Vec<_> = reports
            .iter()
            .flat_map(|report| &report.deliveries)
            .collect();
        let starting = (1..=dispatchers).map(|number| self.start("dispatcher", number));
        let started: anyhow::Result<Vec<_>> = join_all(starting).await.into_iter().collect();
        let mut started = started?;
        let shares = started.iter().map(|dispatcher| self.share_of(dispatcher));
        let shares: Vec<_> = shares.collect::<anyhow::Result<_>>()?;
        let bar = progress::bar("waiting for the deliveries".to_owned(), deliveries.len());
        let arrivals = installation.receiver.wait_for(&deliveries, &bar).await;
        let missing = arrivals.iter().filter(|arrival| arrival.is_none()).count();
        ensure!(missing == 0, "lost: {missing} deliveries did not arrive");
        for dispatcher in &mut started {
            dispatcher.stop().await?;
        }
        drop(shares);
        let arrivals = || arrivals.iter().flatten();
        let first = arrivals().min().context("nothing was sent")?;
        let last = arrivals().max().context("nothing was sent")?;
        Ok(Drain {
            dispatchers,
            deliveries: deliveries.len(),
            took: *last - *first,
        })
    }

    async fn start(&self, role: &str, number: u16) -> anyhow::Result<Service> {
        let folder = self.folder.join(format!("{role}-{number}"));
        std::fs::create_dir_all(&folder).context("no folder for a node")?;
        Service::start_as(role, self.binary, &folder, self.settings.clone()).await
    }

    fn share_of(&self, dispatcher: &Service) -> anyhow::Result<Option<CpuShare>> {
        let id = dispatcher.id().context("the node has ended")?;
        let share = self.cpu_percent.map(|percent| CpuShare::of(id, percent));
        share.transpose()
    }
}

impl Drain {
    fn per_s(&self) -> f64 {
        per_s(self.deliveries, self.took)
    }
}

impl Scaling {
    /// Returns the figures for people.
    pub(super) fn table(&self, machine: &Machine) -> String {
        let rate = |drain: &Drain| {
            let label = format!("{} deliveries by {}", drain.deliveries, drain.dispatchers);
            line(&label, [format!("{:.0}/s", drain.per_s())])
        };
        let lines = [
            line("revision", [machine.revision.clone()]),
            line("cores", [machine.cores.to_string()]),
            line("duplicates", [self.duplicates.to_string()]),
            rate(&self.one),
            rate(&self.several),
            line("ratio", [format!("{:.2}", self.ratio())]),
        ];
        lines.join("\n") + "\n"
    }

    /// Returns the figures for programs.
    pub(super) fn json(&self, machine: &Machine) -> Value {
        let drain = |drain: &Drain| {
            json!({
                "dispatchers": drain.dispatchers,
                "deliveries": drain.deliveries,
                "deliveries_per_s": drain.per_s(),
            })
        };
        json!({
            "revision": machine.revision,
            "cores": machine.cores,
            "duplicates": self.duplicates,
            "one": drain(&self.one),
            "several": drain(&self.several),
            "ratio": self.ratio(),
        })
    }

    fn ratio(&self) -> f64 {
        self.several.per_s() / self.one.per_s()
    }
}
