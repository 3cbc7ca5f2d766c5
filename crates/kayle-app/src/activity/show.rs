//! Shows activity (contract 14.3).

use kayle_delivery::activity::{Activity, ActivityRange, Bucket, Span, in_buckets, total};
use kayle_endpoints::Endpoint;
use kayle_primitives::{EndpointId, Organization, OrganizationId, Timestamp};

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
        let range = request.range;
        if let Some(id) = &request.endpoint_id {
            match reads.find_endpoint(organization_id, id).await? {
                Some(endpoint) => self.activity_of_endpoint(&endpoint, range).await.map(Some),
                None => Ok(None),
            }
        } else {
            match reads.find_organization(organization_id).await? {
                Some(one) => self.activity_of_organization(&one, range).await.map(Some),
                None => Ok(None),
            }
        }
    }

    /// Shows the activity of an endpoint that the caller has found.
    pub async fn activity_of_endpoint(
        &self,
        endpoint: &Endpoint,
        range: ActivityRange,
    ) -> Result<ActivityReport, StoreError> {
        let of = Of {
            organization_id: endpoint.organization_id,
            endpoint_id: Some(endpoint.id.clone()),
            existed_since: endpoint.created_at,
        };
        self.report_activity(of, range).await
    }

    /// Shows the activity of all endpoints of an organization that the caller has found.
    pub async fn activity_of_organization(
        &self,
        organization: &Organization,
        range: ActivityRange,
    ) -> Result<ActivityReport, StoreError> {
        let of = Of {
            organization_id: organization.id,
            endpoint_id: None,
            existed_since: organization.created_at,
        };
        self.report_activity(of, range).await
    }

    async fn report_activity(
        &self,
        of: Of,
        range: ActivityRange,
    ) -> Result<ActivityReport, StoreError> {
        let Of {
            organization_id,
            endpoint_id,
            existed_since,
        } = of;
        let reads = self.store.reads();
        let now = self.clock.now();
        let span = range.span(now);
        let known_since = reads.activity_known_since().await?.max(existed_since);
        let rows = reads.activity_rows(organization_id, std::slice::from_ref(&endpoint_id), span);
        let rows = rows.await?;
        let buckets = in_buckets(range, span, known_since, rows.iter().map(counted));
        let waiting = reads.waiting(
            organization_id,
            endpoint_id.as_ref(),
            now,
            WAITING_COUNTED_MAX,
        );
        Ok(ActivityReport {
            range,
            span,
            total: total(&buckets),
            buckets,
            waiting: waiting.await?,
        })
    }
}

/// Whose activity is shown.
struct Of {
    organization_id: OrganizationId,
    /// `None` for all of the organization's.
    endpoint_id: Option<EndpointId>,
    /// Nothing is known of the time before.
    existed_since: Timestamp,
}

fn counted(row: &ActivityRow) -> (Timestamp, &Activity) {
    (row.key.at, &row.activity)
}
