//! Settlements in SQL: what came of claimed deliveries, for all at once.
//!
//! Endpoints and organizations are locked before the deliveries, as by everybody who changes one
//! of them together with its deliveries.

use std::collections::HashSet;

use kayle_app::ports::queue::{Settled, Settlement};
use kayle_app::ports::store::StoreError;
use kayle_delivery::{Delivery, DeliveryState};
use sea_orm::prelude::Uuid;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryOrder,
    QuerySelect, QueryTrait, Select,
};

use crate::backend::batches::SettledRow;
use crate::entities::delivery::{Model, state};
use crate::entities::{delivery_attempt, endpoint, organization};
use crate::error::store_error;
use crate::store::SqlTx;

impl SqlTx {
    /// Writes the settlements whose lease is still held; answers in their order.
    pub(crate) async fn settle(
        &self,
        settlements: &[Settlement],
    ) -> Result<Vec<Settled>, StoreError> {
        let enabled = self.enabled_among(&held_back(settlements)).await?;
        let row = |settlement: &Settlement| SettledRow {
            delivery: released_if_enabled(&settlement.step.delivery, &enabled),
            holder: settlement.holder.0.clone(),
            attempt: settlement
                .step
                .attempt
                .as_ref()
                .map(delivery_attempt::Model::from_domain),
        };
        // The first settlement of a claim ends it.
        let mut seen = HashSet::new();
        let firsts = settlements
            .iter()
            .filter(|settlement| seen.insert(claim_of(settlement)));
        let rows = firsts.map(row).collect();
        let settled = self.dialect().settle(self.connection(), rows).await;
        let mut settled = settled.map_err(store_error)?;
        let answers = settlements.iter().map(|settlement| {
            if settled.remove(&claim_of(settlement)) {
                Settled::Written
            } else {
                Settled::LeaseLost
            }
        });
        Ok(answers.collect())
    }

    /// Returns those of the deliveries' endpoints that are enabled, as are their organizations.
    ///
    /// They stay as they are until this transaction has ended: whoever enables one of them then
    /// finds the deliveries that this transaction holds back, and releases them.
    async fn enabled_among(&self, deliveries: &[&Delivery]) -> Result<HashSet<String>, StoreError> {
        if deliveries.is_empty() {
            return Ok(HashSet::new());
        }
        let endpoint_ids: HashSet<&str> = deliveries
            .iter()
            .map(|delivery| delivery.endpoint_id.as_str())
            .collect();
        let organization_ids: HashSet<Uuid> = deliveries
            .iter()
            .map(|delivery| delivery.organization_id.0)
            .collect();
        // All of them, not the enabled ones: what is not read is not locked either.
        let endpoints = endpoint::Entity::find()
            .select_only()
            .column(endpoint::Column::Id)
            .column(endpoint::Column::OrganizationId)
            .expr_as(is_enabled(), "is_set")
            .filter(endpoint::Column::Id.is_in(endpoint_ids))
            .order_by_asc(endpoint::Column::Id)
            .lock_shared();
        let endpoints: Vec<EndpointFlag> = self.flags(endpoints).await?;
        let organizations = organization::Entity::find()
            .select_only()
            .column(organization::Column::Id)
            .expr_as(
                organization::Column::PendingDeletionAt.is_not_null(),
                "is_set",
            )
            .filter(organization::Column::Id.is_in(organization_ids))
            .order_by_asc(organization::Column::Id)
            .lock_shared();
        let organizations: Vec<OrganizationFlag> = self.flags(organizations).await?;
        let frozen: HashSet<Uuid> = organizations
            .into_iter()
            .filter(|organization| organization.is_set)
            .map(|organization| organization.id)
            .collect();
        let enabled = endpoints
            .into_iter()
            .filter(|endpoint| endpoint.is_set && !frozen.contains(&endpoint.organization_id))
            .map(|endpoint| endpoint.id);
        Ok(enabled.collect())
    }

    /// Reads rows that were cut down to what is asked of them: nothing else in them can be damaged.
    async fn flags<E: EntityTrait, T: FromQueryResult>(
        &self,
        rows: Select<E>,
    ) -> Result<Vec<T>, StoreError> {
        let statement = rows.build(self.connection().get_database_backend());
        let rows = self.connection().query_all_raw(statement).await;
        let rows = rows.map_err(store_error)?;
        Ok(rows
            .iter()
            .filter_map(|row| T::from_query_result(row, "").ok())
            .collect())
    }
}

/// Whether an endpoint is enabled.
#[derive(Debug, FromQueryResult)]
struct EndpointFlag {
    id: String,
    organization_id: Uuid,
    is_set: bool,
}

/// Whether an organization is frozen.
#[derive(Debug, FromQueryResult)]
struct OrganizationFlag {
    id: Uuid,
    is_set: bool,
}

fn is_enabled() -> Expr {
    endpoint::Column::DisabledAt
        .is_null()
        .and(endpoint::Column::DeletedAt.is_null())
}

/// Returns a settlement's delivery and who held it.
fn claim_of(settlement: &Settlement) -> (String, String) {
    let delivery_id = settlement.step.delivery.id.as_str().to_owned();
    (delivery_id, settlement.holder.0.clone())
}

/// Returns the deliveries that are to be held back.
pub(crate) fn held_back(settlements: &[Settlement]) -> Vec<&Delivery> {
    settlements
        .iter()
        .map(|settlement| &settlement.step.delivery)
        .filter(|delivery| matches!(delivery.state, DeliveryState::Held { .. }))
        .collect()
}

/// Returns the row to write. Nobody would release a delivery that is held for an endpoint and an
/// organization that are both enabled by then: it is pending, due when it was due.
fn released_if_enabled(delivery: &Delivery, enabled: &HashSet<String>) -> Model {
    let row = Model::from_domain(delivery);
    if row.state == state::HELD && enabled.contains(&row.endpoint_id) {
        return Model {
            state: state::PENDING.to_owned(),
            ..row
        };
    }
    row
}
