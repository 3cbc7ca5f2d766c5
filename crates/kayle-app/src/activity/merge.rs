//! Merges minutes of activity into hours, and deletes what is old enough.
//!
//! A minute is moved in one transaction from its rows into its hour's, so that it is always counted
//! once: whoever looks adds up the rows of both kinds. One that comes late is added to its hour
//! the next time.

use std::collections::BTreeMap;

use kayle_delivery::activity::{Activity, floor};

use crate::Webhooks;
use crate::limits::{
    ACTIVITY_HOURS_KEPT, ACTIVITY_MERGED_AT_ONCE_MAX, ACTIVITY_MINUTES_KEPT, SWEEP_BATCH_MAX,
};
use crate::ports::store::{ActivityKey, ActivityRow, Resolution, StoreError};

impl Webhooks {
    /// Merges the minutes of all hours that are over for long enough, and returns how many rows
    /// there were; none while nobody is certain what time it is.
    pub async fn merge_activity(&self) -> Result<usize, StoreError> {
        let Some(now) = self.clock.certain_now() else {
            return Ok(0);
        };
        let hour = Resolution::Hour.duration();
        let before = floor(now.minus(ACTIVITY_MINUTES_KEPT), hour);
        let mut merged = 0;
        loop {
            let mut tx = self.store.unaudited().await?;
            let minutes = tx
                .take_activity(Resolution::Minute, before, ACTIVITY_MERGED_AT_ONCE_MAX)
                .await?;
            if minutes.seen() == 0 {
                return Ok(merged);
            }
            let mut hours: BTreeMap<ActivityKey, Activity> = BTreeMap::new();
            for ActivityRow { key, activity } in &minutes.items {
                let key = ActivityKey {
                    resolution: Resolution::Hour,
                    at: floor(key.at, hour),
                    writer: None,
                    ..key.clone()
                };
                *hours.entry(key).or_default() += activity;
            }
            let keys: Vec<ActivityKey> = hours.keys().cloned().collect();
            for ActivityRow { key, activity } in tx.lock_activity(&keys).await? {
                *hours.entry(key).or_default() += &activity;
            }
            let rows = hours.into_iter();
            let rows: Vec<ActivityRow> = rows
                .map(|(key, activity)| ActivityRow { key, activity })
                .collect();
            tx.save_activity(&rows).await?;
            tx.commit().await?;
            merged += minutes.seen();
        }
    }

    /// Deletes the hours that are old enough, and returns how many rows there were; none while
    /// nobody is certain what time it is.
    pub async fn purge_activity(&self) -> Result<usize, StoreError> {
        let Some(now) = self.clock.certain_now() else {
            return Ok(0);
        };
        let mut purged = 0;
        loop {
            let mut tx = self.store.unaudited().await?;
            let before = now.minus(ACTIVITY_HOURS_KEPT);
            let hours = tx.take_activity(Resolution::Hour, before, SWEEP_BATCH_MAX);
            let hours = hours.await?.seen();
            tx.commit().await?;
            if hours == 0 {
                return Ok(purged);
            }
            purged += hours;
        }
    }
}
