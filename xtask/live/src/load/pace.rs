//! When the reports of the busy phase are begun.

use std::num::NonZeroU32;
use std::time::{Duration, Instant};

use futures_util::stream::{self, Stream, StreamExt, TryStreamExt};
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;

use super::installation::{Installation, Report};
use super::{now, progress};

/// What makes a caller begin the next report.
#[derive(Debug, Clone, Copy)]
pub(super) enum Pace {
    /// The answer to the one before; so many callers do so at once. A closed loop.
    Callers(NonZeroU32),
    /// The clock, so many times in a second. An open loop.
    PerSecond(NonZeroU32),
}

/// Connections of an open loop. When all wait for an answer the next report is late, which counts:
/// its time runs since it was due.
const CONNECTIONS_MAX: usize = 256;

impl Pace {
    /// Reports every session once.
    pub(super) async fn report_all(
        self,
        installation: &Installation,
        sessions: &[String],
    ) -> anyhow::Result<Vec<Report>> {
        let bar = progress::bar(format!("reporting, {self}"), sessions.len());
        let answered = |_: &Report| bar.inc(1);
        match self {
            Self::Callers(callers) => {
                stream::iter(sessions)
                    .map(|session_id| installation.report(session_id))
                    .buffer_unordered(usize::try_from(callers.get())?)
                    .inspect_ok(answered)
                    .try_collect()
                    .await
            }
            Self::PerSecond(rate) => {
                stream::iter(sessions)
                    .zip(due_times(rate))
                    .map(|(session_id, due_at)| installation.report_due(session_id, due_at))
                    .buffer_unordered(CONNECTIONS_MAX)
                    .inspect_ok(answered)
                    .try_collect()
                    .await
            }
        }
    }
}

impl std::fmt::Display for Pace {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Callers(callers) => write!(formatter, "{callers} at once"),
            Self::PerSecond(rate) => write!(formatter, "{rate} a second"),
        }
    }
}

/// Yields each moment when it has come, for as long as somebody listens. A thread of its own waits:
/// the runtime's timer counts whole milliseconds, which is as long as a report takes.
fn due_times(rate: NonZeroU32) -> impl Stream<Item = Instant> {
    let (sender, receiver) = mpsc::unbounded_channel();
    // It ends when the receiver is gone, one report later at most.
    drop(spawn_blocking(move || tick(rate, &sender)));
    stream::unfold(receiver, async |mut receiver| {
        let due_at = receiver.recv().await?;
        Some((due_at, receiver))
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "what is measured here is real time"
)]
fn tick(rate: NonZeroU32, due: &mpsc::UnboundedSender<Instant>) {
    let started_at = now();
    for number in 0_u32.. {
        let due_at = started_at + Duration::from_secs(1) * number / rate.get();
        std::thread::sleep(due_at.saturating_duration_since(now()));
        if due.send(due_at).is_err() {
            return;
        }
    }
}
