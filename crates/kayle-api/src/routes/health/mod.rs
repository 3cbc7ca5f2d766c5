//! Routes for people who are lost and for supervisors (contract 3.10, 13.4).

mod greeting;
mod live;
mod ready;

use serde::Serialize;
use utoipa::ToSchema;

use crate::operation::Operation;
use crate::wire::{Healthy, Shown, ShownHealth};

/// Its operations.
pub(super) const OPERATIONS: &[&Operation] =
    &[&greeting::OPERATION, &live::OPERATION, &ready::OPERATION];

#[derive(Serialize, ToSchema)]
#[schema(as = Health)]
struct HealthView {
    status: ShownHealth,
}

impl HealthView {
    const HEALTHY: Self = Self {
        status: Shown(Healthy),
    };
}
