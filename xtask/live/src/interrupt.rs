//! Ends work on Ctrl-C or SIGTERM in good order.

use anyhow::{Context, bail};
use tokio::signal::unix::{self, SignalKind};

/// Returns what the work gives; a signal ends it as a failure, so that the service is stopped and
/// its folder removed on the way out.
pub(crate) async fn unless_interrupted<T>(
    work: impl Future<Output = anyhow::Result<T>>,
) -> anyhow::Result<T> {
    tokio::select! {
        done = work => done,
        signal = signal() => {
            signal?;
            bail!("interrupted before the end")
        }
    }
}

/// Waits for Ctrl-C or SIGTERM.
pub(crate) async fn signal() -> anyhow::Result<()> {
    let mut terminate = unix::signal(SignalKind::terminate()).context("cannot hear SIGTERM")?;
    tokio::select! {
        interrupt = tokio::signal::ctrl_c() => interrupt.context("cannot hear Ctrl-C"),
        _ = terminate.recv() => Ok(()),
    }
}
