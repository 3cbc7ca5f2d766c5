//! The session (contract 2.10).

use std::collections::BTreeMap;

use kayle_app::sessions::CreatedSession;
use kayle_events::FailureCode;
use kayle_primitives::EndpointId;
use kayle_sessions::{RedirectUrl, Session, ShareField, Targets};
use serde::Serialize;

use super::time;

/// The only version of the share contract that exists.
const CONTRACT_VERSION: u8 = 1;

#[derive(Serialize)]
pub(crate) struct SessionView {
    id: String,
    status: &'static str,
    failure_code: Option<&'static str>,
    nfc_tries_used: u8,
    liveness_tries_used: u8,
    contract_version: u8,
    share_fields: BTreeMap<String, ShareFieldView>,
    redirect_url: Option<String>,
    webhook_endpoint_id: Option<TargetsView>,
    verification_url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    cancel_token: Option<String>,
    expires_at: String,
    completed_at: Option<String>,
    created_at: String,
    updated_at: String,
}

#[derive(Serialize)]
struct ShareFieldView {
    required: bool,
    reason: String,
    source: &'static str,
}

#[derive(Serialize)]
#[serde(untagged)]
enum TargetsView {
    One(String),
    Several(Vec<String>),
}

impl SessionView {
    /// Shows a session whose page lies under `verify_url`.
    pub(crate) fn new(session: &Session, verify_url: &str) -> Self {
        let fields = session.share_contract.fields();
        Self {
            id: session.id.to_string(),
            status: session.state.status().as_str(),
            failure_code: session.state.failure_code().map(FailureCode::as_str),
            nfc_tries_used: session.nfc_tries_used,
            liveness_tries_used: session.liveness_tries_used,
            contract_version: CONTRACT_VERSION,
            share_fields: fields
                .iter()
                .map(|(key, field)| (key.as_str().to_owned(), ShareFieldView::from(field)))
                .collect(),
            redirect_url: session
                .redirect_url
                .as_ref()
                .map(RedirectUrl::as_str)
                .map(str::to_owned),
            webhook_endpoint_id: TargetsView::new(&session.targets),
            verification_url: format!("{}/{}", verify_url.trim_end_matches('/'), session.id),
            cancel_token: None,
            expires_at: time(session.expires_at),
            completed_at: session.state.completed_at().map(time),
            created_at: time(session.created_at),
            updated_at: time(session.updated_at),
        }
    }

    /// Shows a session that was just opened, with its token: the only answer that has it.
    pub(crate) fn created(created: &CreatedSession, verify_url: &str) -> Self {
        let session = Self::new(&created.session, verify_url);
        let token = created.cancel_token.expose();
        Self {
            verification_url: format!("{}?cancel_token={token}", session.verification_url),
            cancel_token: Some(token.to_owned()),
            ..session
        }
    }
}

impl From<&ShareField> for ShareFieldView {
    fn from(field: &ShareField) -> Self {
        Self {
            required: field.required,
            reason: field.reason.clone(),
            source: field.source.as_str(),
        }
    }
}

impl TargetsView {
    fn new(targets: &Targets) -> Option<Self> {
        match targets.as_slice() {
            [] => None,
            [only] => Some(Self::One(only.to_string())),
            several => Some(Self::Several(
                several.iter().map(EndpointId::to_string).collect(),
            )),
        }
    }
}
