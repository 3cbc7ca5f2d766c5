//! Rows of `deliveries`.

use std::str::FromStr;

use kayle_app::ports::store::StoreError;
use kayle_delivery::invariants::Violation;
use kayle_delivery::{
    AttemptFailure, Delivery, DeliveryState, LastAttempt, Lease, LeaseHolder, Payload,
    RetentionReason, invariants,
};
use kayle_primitives::OrganizationId;
use sea_orm::entity::prelude::*;

use super::values::{Row, at, optional_at, optional_ms};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "deliveries")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub(crate) id: String,
    pub(crate) organization_id: Uuid,
    pub(crate) event_id: String,
    pub(crate) endpoint_id: String,
    pub(crate) encryption_key_id: Option<String>,
    pub(crate) state: String,
    pub(crate) due_at: Option<i64>,
    pub(crate) claimed_at: Option<i64>,
    pub(crate) lease_holder: Option<String>,
    pub(crate) lease_until: Option<i64>,
    pub(crate) attempt_count: i32,
    pub(crate) last_attempt_at: Option<i64>,
    pub(crate) last_status_code: Option<i32>,
    pub(crate) last_failure_reason: Option<String>,
    pub(crate) payload_reason: String,
    pub(crate) payload_expires_at: Option<i64>,
    pub(crate) payload_scrubbed_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    /// [`TEST`], or nothing for what tells of a session.
    pub(crate) purpose: Option<String>,
}

/// The purpose of a test.
pub(crate) const TEST: &str = "test";

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// The states as they are stored.
pub(crate) mod state {
    pub(crate) const PENDING: &str = "pending";
    pub(crate) const HELD: &str = "held";
    pub(crate) const DELIVERING: &str = "delivering";
    pub(crate) const SUCCEEDED: &str = "succeeded";
    pub(crate) const FAILED: &str = "failed";
}

impl Model {
    pub(crate) fn from_domain(delivery: &Delivery) -> Self {
        let key_id = delivery.encryption_key_id.as_ref();
        let state = StoredState::from_domain(&delivery.state);
        let last_attempt = delivery.last_attempt;
        let last_status_code = last_attempt.and_then(|attempt| attempt.status_code);
        let last_failure = last_attempt.and_then(|attempt| attempt.failure_reason);
        Self {
            id: delivery.id.as_str().to_owned(),
            organization_id: delivery.organization_id.0,
            event_id: delivery.event_id.as_str().to_owned(),
            endpoint_id: delivery.endpoint_id.as_str().to_owned(),
            encryption_key_id: key_id.map(|id| id.as_str().to_owned()),
            state: state.name.to_owned(),
            due_at: state.due_at,
            claimed_at: state.claimed_at,
            lease_holder: state.lease_holder,
            lease_until: state.lease_until,
            attempt_count: i32::try_from(delivery.attempt_count).unwrap_or(i32::MAX),
            last_attempt_at: optional_ms(last_attempt.map(|attempt| attempt.at)),
            last_status_code: last_status_code.map(i32::from),
            last_failure_reason: last_failure.map(|reason| reason.as_str().to_owned()),
            payload_reason: delivery.payload.reason().as_str().to_owned(),
            payload_expires_at: optional_ms(delivery.payload.expires_at()),
            payload_scrubbed_at: optional_ms(delivery.payload.scrubbed_at()),
            created_at: delivery.created_at.unix_ms(),
            updated_at: delivery.updated_at.unix_ms(),
            purpose: delivery.is_test.then(|| TEST.to_owned()),
        }
    }

    /// Reads a delivery. A row whose columns do not fit each other, as the schema's rules say they
    /// do, cannot be read: no step would take it.
    pub(crate) fn into_domain(self) -> Result<Delivery, StoreError> {
        let row = self.row();
        let key_id = self.encryption_key_id.as_deref();
        let delivery = Delivery {
            id: row.id("id", &self.id)?,
            organization_id: OrganizationId(self.organization_id),
            event_id: row.id("event_id", &self.event_id)?,
            endpoint_id: row.id("endpoint_id", &self.endpoint_id)?,
            encryption_key_id: key_id
                .map(|id| row.id("encryption_key_id", id))
                .transpose()?,
            state: self.state()?,
            attempt_count: row.number("attempt_count", self.attempt_count)?,
            last_attempt: self.last_attempt()?,
            payload: self.payload()?,
            is_test: self.is_test()?,
            created_at: at(self.created_at),
            updated_at: at(self.updated_at),
        };
        match invariants::check(&delivery) {
            Ok(()) => Ok(delivery),
            Err(Violation::CountWithoutAttempt) => Err(row.corrupt("last_attempt_at")),
            Err(
                Violation::SucceededKeepsPayload
                | Violation::DeliveredWithoutSuccess
                | Violation::NothingToSend
                | Violation::FailedLooksPending,
            ) => Err(row.corrupt("payload_reason")),
        }
    }

    fn state(&self) -> Result<DeliveryState, StoreError> {
        let row = self.row();
        let due_at = || row.present("due_at", optional_at(self.due_at));
        match self.state.as_str() {
            state::PENDING => Ok(DeliveryState::Pending { due_at: due_at()? }),
            state::HELD => Ok(DeliveryState::Held { due_at: due_at()? }),
            state::DELIVERING => {
                let holder = row.present("lease_holder", self.lease_holder.clone())?;
                Ok(DeliveryState::Delivering {
                    claimed_at: row.present("claimed_at", optional_at(self.claimed_at))?,
                    lease: Lease {
                        holder: LeaseHolder(holder),
                        until: row.present("lease_until", optional_at(self.lease_until))?,
                    },
                })
            }
            state::SUCCEEDED => Ok(DeliveryState::Succeeded),
            state::FAILED => Ok(DeliveryState::Failed),
            _ => Err(row.corrupt("state")),
        }
    }

    fn last_attempt(&self) -> Result<Option<LastAttempt>, StoreError> {
        let Some(at) = optional_at(self.last_attempt_at) else {
            return Ok(None);
        };
        let row = self.row();
        let status_code = self
            .last_status_code
            .map(|code| row.number("last_status_code", code))
            .transpose()?;
        let failure_reason = self.last_failure_reason.as_deref().map(str::parse);
        let failure_reason: Option<AttemptFailure> =
            row.parsed("last_failure_reason", failure_reason.transpose())?;
        // A node of the version before saves a delivery without it: what does not fit the status
        // is an older attempt's.
        let is_failure = status_code.is_none_or(|code| !(200..300).contains(&code));
        let fits = |reason: &AttemptFailure| {
            is_failure && reason.has_status_code() == status_code.is_some()
        };
        Ok(Some(LastAttempt {
            at,
            status_code,
            failure_reason: failure_reason.filter(fits),
        }))
    }

    fn is_test(&self) -> Result<bool, StoreError> {
        match self.purpose.as_deref() {
            None => Ok(false),
            Some(TEST) => Ok(true),
            Some(_) => Err(self.row().corrupt("purpose")),
        }
    }

    fn payload(&self) -> Result<Payload, StoreError> {
        let row = self.row();
        let reason = RetentionReason::from_str(&self.payload_reason);
        if self.payload_expires_at.is_some() == self.payload_scrubbed_at.is_some() {
            return Err(row.corrupt("payload_expires_at"));
        }
        match row.parsed("payload_reason", reason)? {
            RetentionReason::Stored(reason) => Ok(Payload::Stored {
                expires_at: row
                    .present("payload_expires_at", optional_at(self.payload_expires_at))?,
                reason,
            }),
            RetentionReason::Scrubbed(reason) => Ok(Payload::Scrubbed {
                at: row.present("payload_scrubbed_at", optional_at(self.payload_scrubbed_at))?,
                reason,
            }),
        }
    }

    fn row(&self) -> Row<'_> {
        Row {
            table: "deliveries",
            id: &self.id,
        }
    }
}

/// The columns that a state lies in.
struct StoredState {
    name: &'static str,
    due_at: Option<i64>,
    claimed_at: Option<i64>,
    lease_holder: Option<String>,
    lease_until: Option<i64>,
}

impl StoredState {
    fn from_domain(state: &DeliveryState) -> Self {
        match state {
            DeliveryState::Pending { due_at } => Self {
                due_at: Some(due_at.unix_ms()),
                ..Self::bare(state::PENDING)
            },
            DeliveryState::Held { due_at } => Self {
                due_at: Some(due_at.unix_ms()),
                ..Self::bare(state::HELD)
            },
            DeliveryState::Delivering { claimed_at, lease } => Self {
                claimed_at: Some(claimed_at.unix_ms()),
                lease_holder: Some(lease.holder.0.clone()),
                lease_until: Some(lease.until.unix_ms()),
                ..Self::bare(state::DELIVERING)
            },
            DeliveryState::Succeeded => Self::bare(state::SUCCEEDED),
            DeliveryState::Failed => Self::bare(state::FAILED),
        }
    }

    fn bare(name: &'static str) -> Self {
        Self {
            name,
            due_at: None,
            claimed_at: None,
            lease_holder: None,
            lease_until: None,
        }
    }
}
