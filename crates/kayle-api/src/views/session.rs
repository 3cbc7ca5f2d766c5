//! The session (contract 2.10).

use std::collections::BTreeMap;

use kayle_app::sessions::CreatedSession;
use kayle_sessions::{RedirectUrl, Session, ShareField};
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::{
    Shown, ShownClaimKey, ShownFailureCode, ShownSessionId, ShownSessionStatus, ShownShareSource,
    ShownTargets, ShownTime, ShownTries, ShownVerificationUrl, Tries, VerificationUrl,
};

/// The only version of the share contract that exists.
const CONTRACT_VERSION: u8 = 1;

#[derive(Serialize, ToSchema)]
#[schema(as = Session)]
pub(crate) struct SessionView {
    id: ShownSessionId,
    status: ShownSessionStatus,
    /// What failed; null unless the session did.
    failure_code: Option<ShownFailureCode>,
    /// Failed reads of the chip.
    nfc_tries_used: ShownTries,
    /// Failed liveness checks.
    liveness_tries_used: ShownTries,
    #[schema(minimum = 1, maximum = 1)]
    contract_version: u8,
    /// What the person is asked to share, by claim.
    share_fields: BTreeMap<ShownClaimKey, ShareFieldView>,
    /// Where the person goes in the end.
    redirect_url: Option<String>,
    /// Where its events go: one endpoint, several, or null for every one that subscribes.
    webhook_endpoint_id: Option<ShownTargets>,
    /// Where the person goes.
    verification_url: ShownVerificationUrl,
    expires_at: ShownTime,
    /// When it ended, however it did.
    completed_at: Option<ShownTime>,
    created_at: ShownTime,
    updated_at: ShownTime,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CreatedSession)]
pub(crate) struct CreatedSessionView<'a> {
    #[serde(flatten)]
    session: SessionView,
    /// Lets the person end the session, once.
    #[schema(pattern = "^[a-z0-9]{48}$")]
    cancel_token: &'a str,
}

#[derive(Serialize, ToSchema)]
#[schema(as = ShareField)]
struct ShareFieldView {
    /// Whether the session fails without it.
    required: bool,
    /// What it is for, in words that the person reads.
    reason: String,
    /// Whether it was asked for.
    source: ShownShareSource,
}

impl SessionView {
    /// Shows a session whose page lies under `verify_url`.
    pub(crate) fn new(session: &Session, verify_url: &str) -> Self {
        let fields = session.share_contract.fields();
        Self {
            id: Shown(session.id.clone()),
            status: Shown(session.state.status()),
            failure_code: session.state.failure_code().map(Shown),
            nfc_tries_used: Shown(Tries(session.nfc_tries_used)),
            liveness_tries_used: Shown(Tries(session.liveness_tries_used)),
            contract_version: CONTRACT_VERSION,
            share_fields: fields
                .iter()
                .map(|(key, field)| (Shown(key.clone()), ShareFieldView::from(field)))
                .collect(),
            redirect_url: session
                .redirect_url
                .as_ref()
                .map(RedirectUrl::as_str)
                .map(str::to_owned),
            webhook_endpoint_id: (!session.targets.as_slice().is_empty())
                .then(|| Shown(session.targets.clone())),
            verification_url: Shown(VerificationUrl(format!(
                "{}/{}",
                verify_url.trim_end_matches('/'),
                session.id
            ))),
            expires_at: Shown(session.expires_at),
            completed_at: session.state.completed_at().map(Shown),
            created_at: Shown(session.created_at),
            updated_at: Shown(session.updated_at),
        }
    }
}

impl<'a> CreatedSessionView<'a> {
    /// Shows a session that was just opened, with its token: the only answer that has it.
    pub(crate) fn new(created: &'a CreatedSession, verify_url: &str) -> Self {
        let token = created.cancel_token.expose();
        let mut session = SessionView::new(&created.session, verify_url);
        let url = &mut session.verification_url.0.0;
        url.extend(["?cancel_token=", token]);
        Self {
            session,
            cancel_token: token,
        }
    }
}

impl From<&ShareField> for ShareFieldView {
    fn from(field: &ShareField) -> Self {
        Self {
            required: field.required,
            reason: field.reason.clone(),
            source: Shown(field.source),
        }
    }
}
