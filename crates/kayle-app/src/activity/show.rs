//! Shows activity (contract 14.3).

use kayle_delivery::activity::{Activity, ActivityRange, Bucket, Span, in_buckets, total};
use kayle_primitives::{EndpointId, OrganizationId, Timestamp};

use crate::Webhooks;
use crate::limits::WAITING_COUNTED_MAX;
use crate::ports::store::{ActivityRow, StoreError, Waiting};

/// What to show.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ActivityRequest {
    /// How far back.
    pub range: ActivityRange,
    /// Of which endpoint; `None` for all of the organization's.
    pub endpoint_id: Option<EndpointId>,
}

/// What became of deliveries in a span of time, and what is waiting.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityReport {
    /// How far back it goes.
    pub range: ActivityRange,
    /// The span, up to the end of the bucket that is under way.
    pub span: Span,
    /// Its parts, the oldest first.
    pub buckets: Vec<Bucket>,
    /// All of it together; `None` if nothing is known.
    pub total: Option<Activity>,
    /// What is waiting at the moment, each count up to [`WAITING_COUNTED_MAX`].
    pub waiting: Waiting,
}

impl Webhooks {
    /// Shows activity; `None` if the organization has no such endpoint.
    pub async fn show_activity(
        &self,
        organization_id: OrganizationId,
        request: &ActivityRequest,
    ) -> Result<Option<ActivityReport>, StoreError> {
        let reads = self.store.reads();
        let existed_since = if let Some(id) = &request.endpoint_id {
            let endpoint = reads.find_endpoint(organization_id, id).await?;
            endpoint.map(|endpoint| endpoint.created_at)
        } else {
            let organization = reads.find_organization(organization_id).await?;
            organization.map(|organization| organization.created_at)
        };
        match existed_since {
            Some(existed_since) => Ok(Some(
                self.report_activity(organization_id, request, existed_since)
                    .await?,
            )),
            None => Ok(None),
        }
    }

    async fn report_activity(
        &self,
        organization_id: OrganizationId,
        request: &ActivityRequest,
        existed_since: Timestamp,
    ) -> Result<ActivityReport, StoreError> {
        let reads = self.store.reads();
        let now = self.clock.now();
        let ActivityRequest { range, endpoint_id } = request;
        let span = range.span(now);
        let known_since = reads.activity_known_since().await?.max(existed_since);
        let rows = reads.activity_rows(organization_id, std::slice::from_ref(endpoint_id), span);
        let rows = rows.await?;
        let buckets = in_buckets(*range, span, known_since, rows.iter().map(counted));
        let waiting = reads.waiting(
            organization_id,
            endpoint_id.as_ref(),
            now,
            WAITING_COUNTED_MAX,
        );
        Ok(ActivityReport {
            range: *range,
            span,
            total: total(&buckets),
            buckets,
            waiting: waiting.await?,
        })
    }
}

fn counted(row: &ActivityRow) -> (Timestamp, &Activity) {
    (row.key.at, &row.activity)
}
