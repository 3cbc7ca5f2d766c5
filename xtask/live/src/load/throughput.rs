//! How much the service takes in and delivers when many report at once.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use anyhow::Context;
use futures_util::stream::{self, StreamExt, TryStreamExt};

use super::installation::{Installation, Report};
use super::latency::Measured;

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
    stream::iter(0..sessions.get())
        .map(|_| installation.open_session())
        .buffer_unordered(usize::try_from(callers.get())?)
        .try_collect()
        .await
}

/// Reports every session once; each caller has the next one as soon as it has an answer.
pub(super) async fn measure(
    installation: &Installation,
    sessions: &[String],
    callers: NonZeroU32,
) -> anyhow::Result<Throughput> {
    let reports: Vec<Report> = stream::iter(sessions)
        .map(|session_id| installation.report(session_id))
        .buffer_unordered(usize::try_from(callers.get())?)
        .try_collect()
        .await?;
    let deliveries: Vec<_> = reports
        .iter()
        .flat_map(|report| &report.deliveries)
        .collect();
    let arrivals = installation.receiver.wait_for(&deliveries).await?;

    let started_at = reports.iter().map(|report| report.asked_at).min();
    let started_at = started_at.context("nothing was reported")?;
    let since_start = |latest: Option<Instant>| latest.map_or(Duration::ZERO, |at| at - started_at);
    let accepting = since_start(reports.iter().map(|report| report.answered_at).max());
    let delivering = since_start(arrivals.iter().copied().max());

    let mut measured = Measured::default();
    let mut arrivals = arrivals.into_iter();
    for report in &reports {
        measured.add(report, arrivals.by_ref().take(report.deliveries.len()));
    }
    Ok(Throughput {
        measured,
        accepting,
        delivering,
    })
}
