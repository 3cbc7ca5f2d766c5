//! Endpoints in memory. A deleted one leaves its place in lists behind.

use std::collections::{BTreeMap, BTreeSet};

use async_trait::async_trait;
use kayle_app::ports::store::{EndpointReads, EndpointWrites, FanoutEndpoint, StoreError};
use kayle_crypto::Sealed;
use kayle_endpoints::Endpoint;
use kayle_primitives::{EndpointId, OrganizationId, Page, PageRequest, Timestamp};

use super::page::{Position, newest_first};
use super::tables::{EndpointRow, Tables, insert_new};
use super::transaction::MemoryTx;
use super::view::View;

#[async_trait]
impl EndpointReads for View {
    async fn find_endpoint(
        &self,
        organization_id: OrganizationId,
        id: &EndpointId,
    ) -> Result<Option<Endpoint>, StoreError> {
        let tables = self.tables()?;
        let row = tables.endpoint(organization_id, id);
        Ok(row.map(|row| row.endpoint.clone()))
    }

    async fn count_endpoints(
        &self,
        organization_id: OrganizationId,
        at_most: usize,
    ) -> Result<usize, StoreError> {
        let tables = self.tables()?;
        let counted = endpoints_of(&tables, organization_id).take(at_most);
        Ok(counted.count())
    }

    async fn list_endpoints(
        &self,
        organization_id: OrganizationId,
        enabled: Option<bool>,
        page: &PageRequest<EndpointId>,
    ) -> Result<Option<Page<Endpoint>>, StoreError> {
        let tables = self.tables()?;
        let mut after = None;
        if let Some(cursor) = &page.starting_after {
            // A deleted endpoint is still a place to go on from.
            let existing = tables.endpoints.get(cursor).map(|row| &row.endpoint);
            let place = existing.or_else(|| tables.deleted_endpoints.get(cursor));
            let Some(place) = place.filter(|place| place.organization_id == organization_id) else {
                return Ok(None);
            };
            after = Some(position(place));
        }
        let rows = endpoints_of(&tables, organization_id)
            .filter(|endpoint| enabled.is_none_or(|enabled| endpoint.is_enabled() == enabled))
            .cloned();
        Ok(Some(newest_first(
            rows,
            position,
            after.as_ref(),
            page.limit,
        )))
    }

    async fn find_signing_secret(
        &self,
        organization_id: OrganizationId,
        id: &EndpointId,
    ) -> Result<Option<Sealed>, StoreError> {
        let tables = self.tables()?;
        let row = tables.endpoint(organization_id, id);
        Ok(row.and_then(|row| row.signing_secret.clone()))
    }

    async fn fanout_endpoints_of(
        &self,
        organization_ids: &BTreeSet<OrganizationId>,
    ) -> Result<BTreeMap<OrganizationId, Vec<FanoutEndpoint>>, StoreError> {
        let tables = self.tables()?;
        let mut endpoints: BTreeMap<OrganizationId, Vec<FanoutEndpoint>> = BTreeMap::new();
        let rows = tables.endpoints.values();
        for row in rows {
            let organization_id = row.endpoint.organization_id;
            if organization_ids.contains(&organization_id) {
                let endpoint = FanoutEndpoint {
                    endpoint: row.endpoint.clone(),
                    active_key: tables.active_key(&row.endpoint.id).cloned(),
                    unreadable_key: None,
                    signing_secret: row.signing_secret.clone(),
                    organization_frozen: tables.is_frozen(organization_id),
                };
                endpoints.entry(organization_id).or_default().push(endpoint);
            }
        }
        Ok(endpoints)
    }
}

#[async_trait]
impl EndpointWrites for MemoryTx {
    async fn insert_endpoint(
        &mut self,
        endpoint: &Endpoint,
        signing_secret: &Sealed,
    ) -> Result<(), StoreError> {
        let row = EndpointRow {
            endpoint: endpoint.clone(),
            signing_secret: Some(signing_secret.clone()),
        };
        self.view
            .change(|tables| insert_new(&mut tables.endpoints, endpoint.id.clone(), row))
    }

    async fn lock_endpoint(
        &mut self,
        organization_id: OrganizationId,
        id: &EndpointId,
    ) -> Result<Option<Endpoint>, StoreError> {
        self.view.find_endpoint(organization_id, id).await
    }

    async fn save_endpoint(&mut self, endpoint: &Endpoint) -> Result<(), StoreError> {
        self.view.change(|tables| {
            let row = tables.endpoint_mut(&endpoint.id)?;
            if row.endpoint.organization_id != endpoint.organization_id {
                return Err(StoreError::Conflict);
            }
            row.endpoint = endpoint.clone();
            Ok(())
        })
    }

    async fn replace_signing_secret(
        &mut self,
        id: &EndpointId,
        signing_secret: &Sealed,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        self.view.change(|tables| {
            let row = tables.endpoint_mut(id)?;
            row.signing_secret = Some(signing_secret.clone());
            row.endpoint.updated_at = now;
            Ok(())
        })
    }

    async fn delete_endpoint(
        &mut self,
        id: &EndpointId,
        _now: Timestamp,
    ) -> Result<(), StoreError> {
        self.view.change(|tables| {
            let deleted = tables.endpoints.remove(id).ok_or(StoreError::Conflict)?;
            tables
                .deleted_endpoints
                .insert(id.clone(), deleted.endpoint);
            tables
                .encryption_keys
                .retain(|_, key| key.endpoint_id != *id);
            Ok(())
        })
    }
}

impl Tables {
    fn endpoint_mut(&mut self, id: &EndpointId) -> Result<&mut EndpointRow, StoreError> {
        self.endpoints.get_mut(id).ok_or(StoreError::Conflict)
    }
}

fn position(endpoint: &Endpoint) -> Position<EndpointId> {
    (endpoint.created_at, endpoint.id.clone())
}

/// Returns the endpoints of an organization, in the order of their ids.
fn endpoints_of(
    tables: &Tables,
    organization_id: OrganizationId,
) -> impl Iterator<Item = &Endpoint> {
    tables
        .endpoints
        .values()
        .map(|row| &row.endpoint)
        .filter(move |endpoint| endpoint.organization_id == organization_id)
}
