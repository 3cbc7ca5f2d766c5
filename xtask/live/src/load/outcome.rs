//! What the service itself says of the deliveries once they have arrived.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context, ensure};
use serde_json::Value;
use tokio::time::{sleep, timeout};

use crate::service::api::text;

use super::installation::Installation;

/// An arrival is settled a moment later. If that was missed, the lease has to run out (60 s) and be
/// swept (30 s).
const SETTLED_WITHIN: Duration = Duration::from_mins(2);

const LOOK_AGAIN: Duration = Duration::from_millis(100);

/// Checks that the organization has exactly this many deliveries and that all have succeeded.
///
/// # Errors
/// One is missing, has failed, or is still under way long after its arrival.
pub(super) async fn check_all_succeeded(
    installation: &Installation,
    deliveries: usize,
) -> anyhow::Result<()> {
    wait_until_settled(installation).await?;
    let states = count_states(installation).await?;
    let succeeded = states.get("succeeded").copied().unwrap_or_default();
    ensure!(
        succeeded == deliveries && states.values().sum::<usize>() == deliveries,
        "lost: of {deliveries} deliveries the service lists {states:?}"
    );
    Ok(())
}

/// Waits until the service has nothing left to send.
///
/// # Errors
/// A delivery is still under way long after its arrival.
pub(super) async fn wait_until_settled(installation: &Installation) -> anyhow::Result<()> {
    let settled = timeout(SETTLED_WITHIN, settled(installation)).await;
    settled.context("lost: a delivery that arrived is not settled")?
}

async fn settled(installation: &Installation) -> anyhow::Result<()> {
    for state in ["pending", "delivering"] {
        let path = format!("/v1/webhooks/deliveries?limit=1&status={state}");
        while !list(installation, &path).await?.is_empty() {
            sleep(LOOK_AGAIN).await;
        }
    }
    Ok(())
}

async fn count_states(installation: &Installation) -> anyhow::Result<BTreeMap<String, usize>> {
    const FIRST_PAGE: &str = "/v1/webhooks/deliveries?limit=100";
    let mut states = BTreeMap::new();
    let mut page = list(installation, FIRST_PAGE).await?;
    while let Some(last) = page.last() {
        let next = format!("{FIRST_PAGE}&starting_after={}", text(last, "/id")?);
        for delivery in &page {
            *states
                .entry(text(delivery, "/status")?.to_owned())
                .or_default() += 1;
        }
        page = list(installation, &next).await?;
    }
    Ok(states)
}

async fn list(installation: &Installation, path: &str) -> anyhow::Result<Vec<Value>> {
    let listed = installation.api.get(path).await?;
    let listed = listed.as_array().cloned();
    listed.with_context(|| format!("{path} did not answer a list"))
}
