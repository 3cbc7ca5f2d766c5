//! Rows of `attempts`: of sessions, not of deliveries.

use std::str::FromStr;

use kayle_app::ports::store::{RecordedAttempt, StoreError};
use kayle_events::FailureCode;
use kayle_sessions::{Attempt, AttemptOutcome, Progress};
use sea_orm::entity::prelude::*;

use super::session::{StoredState, failure_code_text};
use super::values::{Row, at, optional_at, optional_ms};

#[derive(Debug, Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "attempts")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub(crate) id: String,
    pub(crate) session_id: String,
    pub(crate) outcome: String,
    pub(crate) failure_code: Option<String>,
    pub(crate) fingerprint: String,
    pub(crate) progress_status: String,
    pub(crate) progress_failure_code: Option<String>,
    pub(crate) progress_completed_at: Option<i64>,
    pub(crate) progress_nfc_tries_used: i32,
    pub(crate) progress_liveness_tries_used: i32,
    pub(crate) progress_updated_at: i64,
    pub(crate) created_at: i64,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Model {
    pub(crate) fn from_domain(recorded: &RecordedAttempt) -> Self {
        let attempt = &recorded.attempt;
        let progress = &attempt.progress;
        let failure_code = attempt.outcome.failure_code();
        Self {
            id: attempt.id.as_str().to_owned(),
            session_id: attempt.session_id.as_str().to_owned(),
            outcome: attempt.outcome.as_str().to_owned(),
            failure_code: failure_code.map(|code| code.as_str().to_owned()),
            fingerprint: recorded.fingerprint.clone(),
            progress_status: progress.state.status().as_str().to_owned(),
            progress_failure_code: failure_code_text(&progress.state),
            progress_completed_at: optional_ms(progress.state.completed_at()),
            progress_nfc_tries_used: i32::from(progress.nfc_tries_used),
            progress_liveness_tries_used: i32::from(progress.liveness_tries_used),
            progress_updated_at: progress.updated_at.unix_ms(),
            created_at: attempt.created_at.unix_ms(),
        }
    }

    pub(crate) fn into_domain(self) -> Result<RecordedAttempt, StoreError> {
        let attempt = Attempt {
            id: self.row().id("id", &self.id)?,
            session_id: self.row().id("session_id", &self.session_id)?,
            outcome: self.outcome()?,
            progress: self.progress()?,
            created_at: at(self.created_at),
        };
        Ok(RecordedAttempt {
            attempt,
            fingerprint: self.fingerprint,
        })
    }

    fn outcome(&self) -> Result<AttemptOutcome, StoreError> {
        let row = self.row();
        match (self.outcome.as_str(), &self.failure_code) {
            ("succeeded", None) => Ok(AttemptOutcome::Succeeded),
            ("failed", Some(code)) => {
                let code = row.parsed("failure_code", FailureCode::from_str(code))?;
                Ok(AttemptOutcome::Failed(code))
            }
            (_, Some(_) | None) => Err(row.corrupt("outcome")),
        }
    }

    fn progress(&self) -> Result<Progress, StoreError> {
        let row = self.row();
        let state = StoredState {
            status: &self.progress_status,
            failure_code: self.progress_failure_code.as_deref(),
            completed_at: optional_at(self.progress_completed_at),
        };
        let columns = [
            "progress_status",
            "progress_failure_code",
            "progress_completed_at",
        ];
        let liveness_tries_used = self.progress_liveness_tries_used;
        Ok(Progress {
            state: state.parse(row, columns)?,
            nfc_tries_used: row.number("progress_nfc_tries_used", self.progress_nfc_tries_used)?,
            liveness_tries_used: row.number("progress_liveness_tries_used", liveness_tries_used)?,
            updated_at: at(self.progress_updated_at),
        })
    }

    fn row(&self) -> Row<'_> {
        Row {
            table: "attempts",
            id: &self.id,
        }
    }
}
