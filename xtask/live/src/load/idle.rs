//! How long one report takes on a service that has nothing else to do.

use std::num::NonZeroU32;
use std::time::Duration;

use indicatif::ProgressBar;
use tokio::time::sleep;

use super::installation::Installation;
use super::latency::Measured;
use super::progress;

/// After the last arrival the service still writes down that it was answered; the next report is
/// to find it idle.
const REST: Duration = Duration::from_millis(10);

/// Reports one session after the other, each when the one before has arrived.
pub(super) async fn measure(
    installation: &Installation,
    reports: NonZeroU32,
) -> anyhow::Result<Measured> {
    let mut measured = Measured::default();
    let message = format!("idle: {reports} reports, one after the other");
    let bar = progress::bar(message, usize::try_from(reports.get())?);
    for _ in 0..reports.get() {
        let session_id = installation.open_session().await?;
        sleep(REST).await;
        let report = installation.report(&session_id).await?;
        let arrivals = installation
            .receiver
            .wait_for(&report.deliveries, &ProgressBar::hidden())
            .await;
        measured.add(report, arrivals);
        sleep(REST).await;
        bar.inc(1);
    }
    Ok(measured)
}
