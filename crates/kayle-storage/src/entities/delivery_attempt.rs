//! Rows of `delivery_attempts`.

use std::time::Duration;

use kayle_app::ports::store::StoreError;
use kayle_delivery::{Attempt, AttemptOutcome};
use sea_orm::entity::prelude::*;

use super::values::{Row, at};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "delivery_attempts")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub(crate) id: String,
    pub(crate) delivery_id: String,
    pub(crate) status_code: Option<i32>,
    pub(crate) failure_reason: Option<String>,
    pub(crate) refused_address: Option<String>,
    pub(crate) duration_ms: i64,
    pub(crate) attempted_at: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_domain(attempt: &Attempt) -> Self {
        let failure_reason = attempt.outcome.failure_reason();
        Self {
            id: attempt.id.as_str().to_owned(),
            delivery_id: attempt.delivery_id.as_str().to_owned(),
            status_code: attempt.outcome.status_code().map(i32::from),
            failure_reason: failure_reason.map(|reason| reason.as_str().to_owned()),
            refused_address: attempt.outcome.refused_address().map(|ip| ip.to_string()),
            duration_ms: i64::try_from(attempt.duration.as_millis()).unwrap_or(i64::MAX),
            attempted_at: attempt.attempted_at.unix_ms(),
        }
    }

    pub(crate) fn into_domain(self) -> Result<Attempt, StoreError> {
        let row = Row {
            table: "delivery_attempts",
            id: &self.id,
        };
        let status_code = self
            .status_code
            .map(|code| row.number("status_code", code))
            .transpose()?;
        let refused_address = self.refused_address.as_deref().map(str::parse);
        let refused_address = row.parsed("refused_address", refused_address.transpose())?;
        let failure_reason = self.failure_reason.as_deref().map(str::parse);
        let failure_reason = row.parsed("failure_reason", failure_reason.transpose())?;
        let outcome = AttemptOutcome::from_recorded(status_code, failure_reason, refused_address);
        Ok(Attempt {
            id: row.id("id", &self.id)?,
            delivery_id: row.id("delivery_id", &self.delivery_id)?,
            outcome: row.present("failure_reason", outcome)?,
            duration: Duration::from_millis(row.number("duration_ms", self.duration_ms)?),
            attempted_at: at(self.attempted_at),
        })
    }
}
