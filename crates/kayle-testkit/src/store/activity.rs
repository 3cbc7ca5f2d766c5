//! Activity in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kayle_app::ports::store::{
    ActivityKey, ActivityReads, ActivityRow, ActivityWrites, Batch, HourCounts, Resolution,
    StoreError, Waiting,
};
use kayle_delivery::activity::{Activity, Counts, Span, floor};
use kayle_delivery::{Delivery, DeliveryState};
use kayle_primitives::{EndpointId, OrganizationId, Timestamp};

use super::transaction::MemoryTx;
use super::view::View;

#[async_trait]
impl ActivityReads for View {
    async fn activity_rows(
        &self,
        organization_id: OrganizationId,
        of: &[Option<EndpointId>],
        span: Span,
    ) -> Result<Vec<ActivityRow>, StoreError> {
        let tables = self.tables()?;
        let rows = tables.activity.iter().filter(|(key, _)| {
            key.organization_id == organization_id
                && of.contains(&key.endpoint_id)
                && (span.from..span.to).contains(&key.at)
        });
        Ok(rows.map(row).collect())
    }

    async fn activity_by_hour(
        &self,
        organization_id: OrganizationId,
        of: &[Option<EndpointId>],
        span: Span,
    ) -> Result<Vec<HourCounts>, StoreError> {
        let rows = self.activity_rows(organization_id, of, span).await?;
        let mut hours: BTreeMap<(Option<EndpointId>, Timestamp), Counts> = BTreeMap::new();
        for ActivityRow { key, activity } in rows {
            let hour = floor(key.at, Resolution::Hour.duration());
            *hours.entry((key.endpoint_id, hour)).or_default() += &Counts {
                deliveries: activity.deliveries,
                attempts: activity.attempts,
            };
        }
        let hours = hours
            .into_iter()
            .map(|((endpoint_id, at), counts)| HourCounts {
                endpoint_id,
                at,
                counts,
            });
        Ok(hours.collect())
    }

    async fn activity_known_since(&self) -> Result<Timestamp, StoreError> {
        Ok(Timestamp::from_unix_ms(0))
    }

    async fn waiting(
        &self,
        organization_id: OrganizationId,
        endpoint_id: Option<&EndpointId>,
        now: Timestamp,
        most: usize,
    ) -> Result<Waiting, StoreError> {
        let tables = self.tables()?;
        let deliveries: Vec<&Delivery> = tables
            .deliveries
            .values()
            .map(|row| &row.delivery)
            .filter(|delivery| delivery.organization_id == organization_id)
            .filter(|delivery| endpoint_id.is_none_or(|id| delivery.endpoint_id == *id))
            .collect();
        let count = |is_counted: fn(&Delivery) -> bool| {
            let counted = deliveries.iter().filter(|delivery| is_counted(delivery));
            counted.take(most).count()
        };
        let due = deliveries
            .iter()
            .filter_map(|delivery| match delivery.state {
                DeliveryState::Pending { due_at } => (due_at <= now).then_some(due_at),
                DeliveryState::Held { .. }
                | DeliveryState::Delivering { .. }
                | DeliveryState::Succeeded
                | DeliveryState::Failed => None,
            });
        Ok(Waiting {
            pending: count(|one| matches!(one.state, DeliveryState::Pending { .. })),
            delivering: count(|one| matches!(one.state, DeliveryState::Delivering { .. })),
            held: count(|one| matches!(one.state, DeliveryState::Held { .. })),
            retained_payloads: count(|one| {
                one.state == DeliveryState::Failed && one.payload.expires_at().is_some()
            }),
            oldest_due_at: due.min(),
        })
    }
}

#[async_trait]
impl ActivityWrites for MemoryTx {
    async fn save_activity(&mut self, rows: &[ActivityRow]) -> Result<(), StoreError> {
        self.view.change(|tables| {
            let rows = rows.iter().cloned();
            let rows = rows.map(|ActivityRow { key, activity }| (key, activity));
            tables.activity.extend(rows);
            Ok(())
        })
    }

    async fn lock_activity(
        &mut self,
        keys: &[ActivityKey],
    ) -> Result<Vec<ActivityRow>, StoreError> {
        let tables = self.view.tables()?;
        let found = keys
            .iter()
            .filter_map(|key| tables.activity.get_key_value(key));
        Ok(found.map(row).collect())
    }

    async fn take_activity(
        &mut self,
        resolution: Resolution,
        before: Timestamp,
        limit: usize,
    ) -> Result<Batch<ActivityRow>, StoreError> {
        self.view.change(|tables| {
            let old = tables.activity.iter();
            let old = old.filter(|(key, _)| key.resolution == resolution && key.at < before);
            let mut taken: Vec<ActivityRow> = old.map(row).collect();
            taken.sort_by_key(|row| row.key.at);
            taken.truncate(limit);
            for row in &taken {
                tables.activity.remove(&row.key);
            }
            Ok(taken.into())
        })
    }
}

fn row((key, activity): (&ActivityKey, &Activity)) -> ActivityRow {
    ActivityRow {
        key: key.clone(),
        activity: activity.clone(),
    }
}
