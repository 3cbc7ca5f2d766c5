//! Opens a session (contract 3.8, S1).

use kayle_crypto::CancelToken;
use kayle_primitives::{EndpointId, OrganizationId, SessionId};
use kayle_sessions::{NewSession, RedirectUrl, Session, ShareContract, Targets};
use serde_json::json;

use crate::Webhooks;
use crate::access::Caller;
use crate::audit::AuditAction;
use crate::ports::store::StoreError;
use crate::quotas::{Known, TooMany};

/// What the session is to be.
#[derive(Debug, Clone)]
pub struct NewSessionRequest {
    /// Which claims, and why.
    pub share_contract: ShareContract,
    /// Where the person goes afterwards.
    pub redirect_url: Option<RedirectUrl>,
    /// The endpoints to tell; each must be enabled.
    pub targets: Targets,
}

/// The session, with the token that withdraws it, shown only now.
#[derive(Debug)]
pub struct CreatedSession {
    /// The session.
    pub session: Session,
    /// The one-shot token.
    pub cancel_token: CancelToken,
}

/// The session could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum CreateSessionError {
    /// A target is no enabled endpoint of the organization.
    #[error("{0} is not an enabled endpoint")]
    EndpointUnavailable(EndpointId),
    /// The organization has as many open ones as it may have.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Webhooks {
    /// Opens a session.
    pub async fn create_session(
        &self,
        caller: &Caller,
        request: NewSessionRequest,
    ) -> Result<CreatedSession, CreateSessionError> {
        let organization_id = caller.organization_id;
        self.admit_session(organization_id).await?;
        let mut tx = self.change(caller).await?;
        for id in request.targets.as_slice() {
            let endpoint = tx.reads().find_endpoint(organization_id, id).await?;
            if !endpoint.is_some_and(|endpoint| endpoint.is_enabled()) {
                return Err(CreateSessionError::EndpointUnavailable(id.clone()));
            }
        }
        let now = self.clock.now();
        let cancel_token = CancelToken::generate(&*self.entropy);
        let new = NewSession {
            id: SessionId::generate(now, &*self.entropy),
            organization_id,
            share_contract: request.share_contract,
            redirect_url: request.redirect_url,
            targets: request.targets,
            cancel_token_hash: self.keys.hash_cancel_token(cancel_token.expose()),
        };
        let session = Session::open(new, now, self.settings.session_lifetime);
        tx.insert_session(&session).await?;
        let action = AuditAction::SessionCreated;
        tx.commit(action, session.id.as_str(), json!({})).await?;
        Ok(CreatedSession {
            session,
            cancel_token,
        })
    }

    /// Fails if the organization has as many open sessions as it may have.
    async fn admit_session(
        &self,
        organization_id: OrganizationId,
    ) -> Result<(), CreateSessionError> {
        let now = self.clock.now();
        let max = self.settings.quotas.open_sessions_max;
        let mut known = self.open_sessions.take(organization_id, now);
        if known == Known::Nothing {
            let open = self.store.reads().count_open_sessions(organization_id, max);
            self.open_sessions
                .note(organization_id, open.await?, max, now);
            known = self.open_sessions.take(organization_id, now);
        }
        match known {
            // Another session took what was just counted, which is as good as none left over.
            Known::Room | Known::Nothing => Ok(()),
            Known::NoRoomFor(retry_after) => Err(CreateSessionError::TooMany(TooMany {
                what: "sessions of this organization that have not ended",
                max,
                retry_after,
            })),
        }
    }
}
