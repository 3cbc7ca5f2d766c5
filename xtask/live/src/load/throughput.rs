//! How much the service takes in and delivers when many report at once.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::installation::Installation;
use super::latency::Measured;
use super::pace::Pace;
use super::progress;

/// What came of the reports, and how long they took together.
pub(super) struct Throughput {
    pub(super) measured: Measured,
    /// From the first report's start to the intake's last answer.
    pub(super) accepting: Duration,
    /// From the first report's start to the last arrival.
    pub(super) delivering: Duration,
}

/// Opens sessions to be reported later.
pub(super) async fn open(
    installation: &Installation,
    sessions: NonZeroU32,
    callers: NonZeroU32,
) -> anyhow::Result<Vec<String>> {
    let bar = progress::bar(
        format!("opening {sessions} sessions"),
        usize::try_from(sessions.get())?,
    );
    stream::iter(0..sessions.get())
        .map(|_| installation.open_session())
        .buffer_unordered(usize::try_from(callers.get())?)
        .inspect_ok(|_| bar.inc(1))
        .try_collect()
        .await
}

/// Reports every session once and waits for the deliveries.
pub(super) async fn measure(
    installation: &Installation,
    sessions: &[String],
    pace: Pace,
) -> anyhow::Result<Throughput> {
    let reports = pace.report_all(installation, sessions).await?;
    let deliveries: Vec<_> = reports
        .iter()
        .flat_map(|report| &report.deliveries)
        .collect();
    let bar = progress::bar("waiting for the deliveries".to_owned(), deliveries.len());
    let arrivals = installation.receiver.wait_for(&deliveries, &bar).await;

    let started_at = reports.iter().map(|report| report.asked_at).min();
    let started_at = started_at.context("nothing was reported")?;
    let since_start = |latest: Option<Instant>| latest.map_or(Duration::ZERO, |at| at - started_at);
    let accepting = since_start(reports.iter().map(|report| report.answered_at).max());
    let delivering = since_start(arrivals.iter().flatten().copied().max());

    let mut measured = Measured::default();
    let mut arrivals = arrivals.into_iter();
    for report in reports {
        let deliveries = report.deliveries.len();
        measured.add(report, arrivals.by_ref().take(deliveries));
    }
    Ok(Throughput {
        measured,
        accepting,
        delivering,
    })
}
