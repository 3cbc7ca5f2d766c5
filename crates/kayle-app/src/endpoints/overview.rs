//! Shows endpoints with how their latest deliveries went (contract 10).

use std::collections::BTreeMap;

use kayle_delivery::Delivery;
use kayle_delivery::activity::{ActivityRange, Counts, Span, counts_in_buckets};
use kayle_endpoints::Endpoint;
use kayle_primitives::{EndpointId, OrganizationId, Page, PageRequest};

use crate::Webhooks;
use crate::limits::{OVERVIEW_DELIVERIES, WAITING_COUNTED_MAX};
use crate::ports::store::{HourCounts, StoreError, Waiting};

/// An endpoint, and what a person asks first about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointOverview {
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Whether its next event can be encrypted.
    pub has_active_key: bool,
    /// Its latest deliveries, newest first, at most [`OVERVIEW_DELIVERIES`].
    pub latest: Vec<Delivery>,
}

/// An endpoint in a list of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedEndpoint {
    /// What a person asks first about it.
    pub overview: EndpointOverview,
    /// What was counted in each of the last 24 hours, the oldest first.
    pub day: Vec<Counts>,
}

/// A page of endpoints, and what there is to say of all of them together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndpointsOverview {
    /// The page.
    pub page: Page<ListedEndpoint>,
    /// What was counted in the last 24 hours.
    pub day: Counts,
    /// What waits at the moment.
    pub waiting: Waiting,
}

impl Webhooks {
    /// Shows one; `None` if the organization has no such endpoint.
    pub async fn overview_endpoint(
        &self,
        organization_id: OrganizationId,
        id: &EndpointId,
    ) -> Result<Option<EndpointOverview>, StoreError> {
        let reads = self.store.reads();
        match reads.find_endpoint(organization_id, id).await? {
            Some(endpoint) => {
                let overviews = self.overviews(organization_id, vec![endpoint]).await?;
                Ok(overviews.into_iter().next())
            }
            None => Ok(None),
        }
    }

    /// Shows a page of them, newest first, by as many reads as for one; `None` if the cursor is
    /// unknown.
    pub async fn overview_endpoints(
        &self,
        organization_id: OrganizationId,
        page: &PageRequest<EndpointId>,
    ) -> Result<Option<EndpointsOverview>, StoreError> {
        let found = self.list_endpoints(organization_id, None, page).await?;
        let Some(Page { items, has_more }) = found else {
            return Ok(None);
        };
        let (reads, now) = (self.store.reads(), self.clock.now());
        let span = ActivityRange::Day.span(now);
        let of = items.iter().map(|endpoint| Some(endpoint.id.clone()));
        let of: Vec<Option<EndpointId>> = of.chain([None]).collect();
        let hours = reads.activity_by_hour(organization_id, &of, span).await?;
        let waiting = reads.waiting(organization_id, None, now, WAITING_COUNTED_MAX);
        let waiting = waiting.await?;
        let overviews = self.overviews(organization_id, items).await?;
        let listed = overviews.into_iter().map(|overview| ListedEndpoint {
            day: day_of(Some(&overview.endpoint.id), span, &hours),
            overview,
        });
        let mut day = Counts::default();
        for hour in day_of(None, span, &hours) {
            day += &hour;
        }
        Ok(Some(EndpointsOverview {
            page: Page {
                items: listed.collect(),
                has_more,
            },
            day,
            waiting,
        }))
    }

    async fn overviews(
        &self,
        organization_id: OrganizationId,
        endpoints: Vec<Endpoint>,
    ) -> Result<Vec<EndpointOverview>, StoreError> {
        let ids = endpoints.iter().map(|endpoint| endpoint.id.clone());
        let ids: Vec<EndpointId> = ids.collect();
        let reads = self.store.reads();
        let with_key = reads.with_active_key(organization_id, &ids).await?;
        let latest = reads.latest_deliveries(organization_id, &ids, OVERVIEW_DELIVERIES);
        let mut latest_of: BTreeMap<EndpointId, Vec<Delivery>> = BTreeMap::new();
        for delivery in latest.await? {
            let latest = latest_of.entry(delivery.endpoint_id.clone()).or_default();
            latest.push(delivery);
        }
        let overviews = endpoints.into_iter().map(|endpoint| EndpointOverview {
            has_active_key: with_key.contains(&endpoint.id),
            latest: latest_of.remove(&endpoint.id).unwrap_or_default(),
            endpoint,
        });
        Ok(overviews.collect())
    }
}

fn day_of(id: Option<&EndpointId>, span: Span, hours: &[HourCounts]) -> Vec<Counts> {
    let hours = hours.iter().filter(|hour| hour.endpoint_id.as_ref() == id);
    let counted = hours.map(|hour| (hour.at, &hour.counts));
    counts_in_buckets(ActivityRange::Day, span, counted)
}
