//! The sweeper: expires, scrubs, takes over and deletes by age. Of all processes on one database,
//! one sweeps at a time.

use std::time::Duration;

use kayle_app::Webhooks;
use kayle_app::ports::meter::Loop;
use kayle_app::ports::store::StoreError;
use kayle_app::retention::{Purged, Swept};
use kayle_primitives::Timestamp;
use tokio_util::sync::CancellationToken;

/// When old rows are deleted, in UTC: 02:23, when most customers sleep (contract 7.9).
const PURGE_TIME_OF_DAY: Duration = Duration::from_mins(2 * 60 + 23);
const DAY_MS: i64 = 24 * 60 * 60 * 1000;

/// Sweeps at once and then every `interval`, until `stop`; purges at once and then once a day. A
/// round that another process is at is left out.
pub async fn run(webhooks: &Webhooks, interval: Duration, stop: CancellationToken) {
    let mut purged_on = None;
    loop {
        let swept = match report(webhooks.sweep_turn().await) {
            Some(Some(_turn)) => sweep_once(webhooks, &mut purged_on).await,
            Some(None) => Some(()),
            None => None,
        };
        if swept.is_some() {
            webhooks.meter().loop_turned(Loop::Sweep);
        }
        tokio::select! {
            () = tokio::time::sleep(interval) => {}
            () = stop.cancelled() => return,
        }
    }
}

/// Sweeps; purges once per day, which `purged_on` remembers. `None` means that something failed.
async fn sweep_once(webhooks: &Webhooks, purged_on: &mut Option<i64>) -> Option<()> {
    let swept = report(webhooks.sweep().await);
    if let Some(swept) = swept
        && swept != Swept::default()
    {
        tracing::info!(
            sessions = swept.sessions,
            payloads = swept.payloads,
            leases = swept.leases,
            "swept"
        );
    }
    let merged = report(webhooks.merge_activity().await);
    if let Some(today) = webhooks.certain_now().map(purge_day)
        && *purged_on != Some(today)
    {
        log_purge(report(webhooks.purge().await)?);
        report(webhooks.purge_activity().await)?;
        *purged_on = Some(today);
    }
    swept.and(merged).map(drop)
}

/// Numbers the days that begin at the hour of the purge.
fn purge_day(now: Timestamp) -> i64 {
    now.minus(PURGE_TIME_OF_DAY).unix_ms() / DAY_MS
}

fn log_purge(purged: Purged) {
    if purged != Purged::default() {
        tracing::info!(
            events = purged.events,
            sessions = purged.sessions,
            minimized = purged.minimized,
            audit_rows = purged.audit_rows,
            "purged"
        );
    }
}

fn report<T>(done: Result<T, StoreError>) -> Option<T> {
    done.inspect_err(|error| {
        let error: &(dyn std::error::Error + 'static) = error;
        tracing::warn!(error, "the store failed; the sweep is tried again");
    })
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purge_day_begins_at_twenty_three_past_two() {
        let at = |text: &str| purge_day(Timestamp::parse(text).unwrap());
        assert_eq!(at("2026-05-05T02:22:59Z"), at("2026-05-04T02:23:00Z"));
        assert_eq!(at("2026-05-05T02:23:00Z"), at("2026-05-05T02:22:59Z") + 1);
    }
}
