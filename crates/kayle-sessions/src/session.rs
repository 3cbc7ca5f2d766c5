//! The session: one verification check (contract 2.10).

use std::time::Duration;

use kayle_events::FailureCode;
use kayle_primitives::{OrganizationId, SessionId, Timestamp, UnknownName};
use strum::{EnumIter, EnumString, IntoStaticStr};

use crate::redirect_url::RedirectUrl;
use crate::share_contract::ShareContract;
use crate::targets::Targets;

/// How many failures of one check a session survives, plus one: the third ends it.
pub const TRIES_MAX: u8 = 3;

/// One verification check; the source of every event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// Where it is in its life.
    pub state: SessionState,
    /// NFC failures consumed, 0 to 3.
    pub nfc_tries_used: u8,
    /// Liveness failures consumed, 0 to 3.
    pub liveness_tries_used: u8,
    /// What the customer asked for.
    pub share_contract: ShareContract,
    /// Where the person goes afterwards; cleared by a withdrawal.
    pub redirect_url: Option<RedirectUrl>,
    /// The endpoints that the customer chose; none means all of the organization's.
    pub targets: Targets,
    /// The hash of the one-shot cancel token, lowercase hex.
    pub cancel_token_hash: String,
    /// When the cancel token was redeemed: the person's privacy withdrawal.
    pub withdrawn_at: Option<Timestamp>,
    /// The end of the window.
    pub expires_at: Timestamp,
    /// When it was opened.
    pub created_at: Timestamp,
    /// When it changed last.
    pub updated_at: Timestamp,
    /// Counts the changes; a store saves only over the revision that was read.
    pub revision: u32,
}

/// What a session is opened with.
#[derive(Debug, Clone)]
pub struct NewSession {
    /// Its id.
    pub id: SessionId,
    /// Whose it is.
    pub organization_id: OrganizationId,
    /// What the customer asked for.
    pub share_contract: ShareContract,
    /// Where the person goes afterwards.
    pub redirect_url: Option<RedirectUrl>,
    /// The endpoints that the customer chose.
    pub targets: Targets,
    /// The hash of the cancel token.
    pub cancel_token_hash: String,
}

impl Session {
    /// Opens a session whose window is `lifetime` long.
    pub fn open(new: NewSession, now: Timestamp, lifetime: Duration) -> Self {
        Self {
            id: new.id,
            organization_id: new.organization_id,
            state: SessionState::Created,
            nfc_tries_used: 0,
            liveness_tries_used: 0,
            share_contract: new.share_contract,
            redirect_url: new.redirect_url,
            targets: new.targets,
            cancel_token_hash: new.cancel_token_hash,
            withdrawn_at: None,
            expires_at: now.plus(lifetime),
            created_at: now,
            updated_at: now,
            revision: 0,
        }
    }

    /// Returns whether the window has passed while the session was still active.
    pub fn is_overdue(&self, now: Timestamp) -> bool {
        self.state.is_active() && self.expires_at <= now
    }

    /// Returns whether nothing but a `verification.session.cancelled` may be sent any more:
    /// the person withdrew, or the session was cancelled (contract 6.7).
    ///
    /// A session that had expired before the person withdrew is not: there is nothing to hide in
    /// its event, and no other one takes its place.
    pub fn is_suppressed(&self) -> bool {
        self.state
            .status()
            .is_suppressed(self.withdrawn_at.is_some())
    }

    /// Returns how far the session has come.
    pub fn progress(&self) -> Progress {
        Progress {
            state: self.state.clone(),
            nfc_tries_used: self.nfc_tries_used,
            liveness_tries_used: self.liveness_tries_used,
            updated_at: self.updated_at,
        }
    }

    /// Returns the session as it was at `progress`, for the answer to a repeated report.
    #[must_use]
    pub fn as_of(mut self, progress: Progress) -> Self {
        self.state = progress.state;
        self.nfc_tries_used = progress.nfc_tries_used;
        self.liveness_tries_used = progress.liveness_tries_used;
        self.updated_at = progress.updated_at;
        self
    }

    /// Returns the next revision of the session, in another state.
    pub(crate) fn move_to(self, state: SessionState, now: Timestamp) -> Self {
        Self {
            state,
            updated_at: now,
            revision: self.revision + 1,
            ..self
        }
    }
}

/// How far a session had come at some moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Progress {
    /// Where it was in its life.
    pub state: SessionState,
    /// 0 to 3.
    pub nfc_tries_used: u8,
    /// 0 to 3.
    pub liveness_tries_used: u8,
    /// When it had last changed.
    pub updated_at: Timestamp,
}

/// Where a session is in its life.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionState {
    /// Opened; nobody has come yet.
    Created,
    /// The person is at it.
    InProgress,
    /// Ended with a confirmed identity.
    Succeeded {
        /// When.
        completed_at: Timestamp,
    },
    /// Ended because a check failed for good.
    Failed {
        /// When.
        completed_at: Timestamp,
        /// The last failure.
        failure_code: FailureCode,
    },
    /// Ended because its window passed.
    Expired {
        /// When.
        completed_at: Timestamp,
    },
    /// Ended by a cancel, or withdrawn before anybody was told how it ended.
    Cancelled {
        /// When; a withdrawal keeps the moment the session first ended.
        completed_at: Timestamp,
    },
}

impl SessionState {
    /// Returns whether the session can still end.
    pub fn is_active(&self) -> bool {
        match self {
            Self::Created | Self::InProgress => true,
            Self::Succeeded { .. }
            | Self::Failed { .. }
            | Self::Expired { .. }
            | Self::Cancelled { .. } => false,
        }
    }

    /// Returns the state's name.
    pub fn status(&self) -> SessionStatus {
        match self {
            Self::Created => SessionStatus::Created,
            Self::InProgress => SessionStatus::InProgress,
            Self::Succeeded { .. } => SessionStatus::Succeeded,
            Self::Failed { .. } => SessionStatus::Failed,
            Self::Expired { .. } => SessionStatus::Expired,
            Self::Cancelled { .. } => SessionStatus::Cancelled,
        }
    }

    /// Returns the moment the session ended; `None` while it is active.
    pub fn completed_at(&self) -> Option<Timestamp> {
        match self {
            Self::Created | Self::InProgress => None,
            Self::Succeeded { completed_at }
            | Self::Failed { completed_at, .. }
            | Self::Expired { completed_at }
            | Self::Cancelled { completed_at } => Some(*completed_at),
        }
    }

    /// Returns why the session failed; `None` unless it did.
    pub fn failure_code(&self) -> Option<FailureCode> {
        match self {
            Self::Failed { failure_code, .. } => Some(*failure_code),
            Self::Created
            | Self::InProgress
            | Self::Succeeded { .. }
            | Self::Expired { .. }
            | Self::Cancelled { .. } => None,
        }
    }
}

/// The name of a session's state.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, strum::Display, IntoStaticStr, EnumString, EnumIter,
)]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownName<SessionStatus>, parse_err_fn = UnknownName::of)]
pub enum SessionStatus {
    /// See [`SessionState::Created`].
    Created,
    /// See [`SessionState::InProgress`].
    InProgress,
    /// See [`SessionState::Succeeded`].
    Succeeded,
    /// See [`SessionState::Failed`].
    Failed,
    /// See [`SessionState::Expired`].
    Expired,
    /// See [`SessionState::Cancelled`].
    Cancelled,
}

impl SessionStatus {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
    }

    /// Tells the same as [`Session::is_suppressed`], for a store that has read no more.
    pub fn is_suppressed(self, is_withdrawn: bool) -> bool {
        match self {
            Self::Cancelled => true,
            Self::Expired => false,
            Self::Created | Self::InProgress | Self::Succeeded | Self::Failed => is_withdrawn,
        }
    }
}

#[cfg(test)]
mod tests;
