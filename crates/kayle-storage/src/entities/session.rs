//! Rows of `sessions`.

use std::collections::BTreeMap;
use std::str::FromStr;

use kayle_app::ports::store::StoreError;
use kayle_events::{ClaimKey, FailureCode};
use kayle_primitives::{EndpointId, OrganizationId, Timestamp};
use kayle_sessions::{
    RedirectUrl, Session, SessionState, SessionStatus, ShareContract, ShareField, ShareSource,
    Targets,
};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use super::values::{Row, at, optional_at, optional_ms, texts_to_json};

#[derive(Clone, PartialEq, Eq, DeriveEntityModel)]
#[sea_orm(table_name = "sessions")]
pub(crate) struct Model {
    #[sea_orm(primary_key, auto_increment = false, column_type = "Text")]
    pub(crate) id: String,
    pub(crate) organization_id: Uuid,
    pub(crate) status: String,
    pub(crate) failure_code: Option<String>,
    pub(crate) nfc_tries_used: i32,
    pub(crate) liveness_tries_used: i32,
    pub(crate) share_contract: String,
    pub(crate) redirect_url: Option<String>,
    pub(crate) targets: String,
    pub(crate) cancel_token_hash: String,
    pub(crate) withdrawn_at: Option<i64>,
    pub(crate) expires_at: i64,
    pub(crate) completed_at: Option<i64>,
    pub(crate) created_at: i64,
    pub(crate) updated_at: i64,
    pub(crate) revision: i32,
}

#[derive(Debug, Clone, Copy, EnumIter, DeriveRelation)]
pub(crate) enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

/// A redirect URL may carry a person's identifier.
impl std::fmt::Debug for Model {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Model")
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A field of a share contract, as it lies in the JSON.
#[derive(Serialize, Deserialize)]
struct StoredField {
    required: bool,
    reason: String,
    source: String,
}

impl Model {
    pub(crate) fn from_domain(session: &Session) -> Self {
        let redirect_url = session.redirect_url.as_ref();
        Self {
            id: session.id.as_str().to_owned(),
            organization_id: session.organization_id.0,
            status: session.state.status().as_str().to_owned(),
            failure_code: failure_code_text(&session.state),
            nfc_tries_used: i32::from(session.nfc_tries_used),
            liveness_tries_used: i32::from(session.liveness_tries_used),
            share_contract: share_contract_to_json(&session.share_contract),
            redirect_url: redirect_url.map(|url| url.as_str().to_owned()),
            targets: texts_to_json(session.targets.as_slice().iter().map(EndpointId::as_str)),
            cancel_token_hash: session.cancel_token_hash.clone(),
            withdrawn_at: optional_ms(session.withdrawn_at),
            expires_at: session.expires_at.unix_ms(),
            completed_at: optional_ms(session.state.completed_at()),
            created_at: session.created_at.unix_ms(),
            updated_at: session.updated_at.unix_ms(),
            revision: i32::try_from(session.revision).unwrap_or(i32::MAX),
        }
    }

    pub(crate) fn into_domain(self) -> Result<Session, StoreError> {
        let row = Row {
            table: "sessions",
            id: &self.id,
        };
        let state = StoredState {
            status: &self.status,
            failure_code: self.failure_code.as_deref(),
            completed_at: optional_at(self.completed_at),
        };
        let targets = row
            .texts("targets", &self.targets)?
            .iter()
            .map(|id| row.id("targets", id))
            .collect::<Result<Vec<_>, _>>()?;
        Ok(Session {
            id: row.id("id", &self.id)?,
            organization_id: OrganizationId(self.organization_id),
            state: state.parse(row, ["status", "failure_code", "completed_at"])?,
            nfc_tries_used: row.number("nfc_tries_used", self.nfc_tries_used)?,
            liveness_tries_used: row.number("liveness_tries_used", self.liveness_tries_used)?,
            share_contract: share_contract_from_json(row, &self.share_contract)?,
            redirect_url: self.redirect_url.map(RedirectUrl::from_stored),
            targets: Targets::from_stored(targets),
            cancel_token_hash: self.cancel_token_hash,
            withdrawn_at: optional_at(self.withdrawn_at),
            expires_at: at(self.expires_at),
            created_at: at(self.created_at),
            updated_at: at(self.updated_at),
            revision: row.number("revision", self.revision)?,
        })
    }
}

/// The three columns that a state lies in.
pub(crate) struct StoredState<'a> {
    pub(crate) status: &'a str,
    pub(crate) failure_code: Option<&'a str>,
    pub(crate) completed_at: Option<Timestamp>,
}

impl StoredState<'_> {
    /// Reads a state; `columns` are the names of the three, in the order of the fields.
    pub(crate) fn parse(
        &self,
        row: Row<'_>,
        columns: [&'static str; 3],
    ) -> Result<SessionState, StoreError> {
        let [status, failure_code, completed_at] = columns;
        let completed = || row.present(completed_at, self.completed_at);
        match row.parsed(status, SessionStatus::from_str(self.status))? {
            SessionStatus::Created => Ok(SessionState::Created),
            SessionStatus::InProgress => Ok(SessionState::InProgress),
            SessionStatus::Succeeded => Ok(SessionState::Succeeded {
                completed_at: completed()?,
            }),
            SessionStatus::Failed => {
                let code = row.present(failure_code, self.failure_code)?;
                Ok(SessionState::Failed {
                    completed_at: completed()?,
                    failure_code: row.parsed(failure_code, FailureCode::from_str(code))?,
                })
            }
            SessionStatus::Expired => Ok(SessionState::Expired {
                completed_at: completed()?,
            }),
            SessionStatus::Cancelled => Ok(SessionState::Cancelled {
                completed_at: completed()?,
            }),
        }
    }
}

/// Returns the text of a state's failure code.
pub(crate) fn failure_code_text(state: &SessionState) -> Option<String> {
    state.failure_code().map(|code| code.as_str().to_owned())
}

fn share_contract_to_json(contract: &ShareContract) -> String {
    let stored = |field: &ShareField| StoredField {
        required: field.required,
        reason: field.reason.clone(),
        source: field.source.as_str().to_owned(),
    };
    let fields: BTreeMap<&str, StoredField> = contract
        .fields()
        .iter()
        .map(|(key, field)| (key.as_str(), stored(field)))
        .collect();
    serde_json::to_string(&fields).expect("texts and booleans are JSON")
}

fn share_contract_from_json(row: Row<'_>, json: &str) -> Result<ShareContract, StoreError> {
    let corrupt = || row.corrupt("share_contract");
    let stored: BTreeMap<String, StoredField> =
        serde_json::from_str(json).map_err(|_| corrupt())?;
    let fields = stored.into_iter().map(|(key, field)| {
        let key = ClaimKey::parse(&key).map_err(|_| corrupt())?;
        let source = parse_source(&field.source).ok_or_else(corrupt)?;
        let field = ShareField {
            required: field.required,
            reason: field.reason,
            source,
        };
        Ok((key, field))
    });
    let fields = fields.collect::<Result<BTreeMap<_, _>, StoreError>>()?;
    Ok(ShareContract::from_stored(fields))
}

fn parse_source(text: &str) -> Option<ShareSource> {
    [ShareSource::Requested, ShareSource::Default]
        .into_iter()
        .find(|source| source.as_str() == text)
}
