//! The payload: the compact JWE of one delivery, and its retention (contract 7.7, 7.8).

use std::fmt;

use kayle_primitives::Timestamp;

/// The encrypted event, as it is sent: ASCII, five base64url parts. Every attempt sends these same
/// bytes. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct CompactJwe(String);

impl CompactJwe {
    /// Takes the text that the cipher made or the store kept.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Gives the text to be signed and sent.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Gives up the text without copying it.
    pub fn into_string(self) -> String {
        self.0
    }
}

impl fmt::Debug for CompactJwe {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<jwe>")
    }
}

/// Whether a delivery's payload is stored. The bytes lie beside the delivery, not in it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Payload {
    /// The bytes are stored.
    Stored {
        /// The end of their retention.
        expires_at: Timestamp,
        /// Why they are kept.
        reason: StoredReason,
    },
    /// The bytes are gone, or never were.
    Scrubbed {
        /// When.
        at: Timestamp,
        /// Why.
        reason: ScrubReason,
    },
}

/// Why a payload is kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StoredReason {
    /// Automatic delivery is under way.
    PendingDelivery,
    /// Kept for manual recovery.
    TerminalFailureRetention,
}

/// Why a payload is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ScrubReason {
    /// The endpoint has it.
    Delivered,
    /// Its retention is over.
    Expired,
    /// The endpoint had no active key: nothing was ever stored.
    NoActiveKey,
    /// Encryption failed: nothing was ever stored.
    JweCreationFailed,
    /// The person withdrew.
    PrivacyRequest,
}

/// The one word that the API shows for either.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RetentionReason {
    /// See [`StoredReason`].
    Stored(StoredReason),
    /// See [`ScrubReason`].
    Scrubbed(ScrubReason),
}

/// The text names no retention reason.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("unknown payload retention reason")]
pub struct UnknownRetentionReason;

impl RetentionReason {
    /// Every reason.
    pub const ALL: [Self; 7] = [
        Self::Stored(StoredReason::PendingDelivery),
        Self::Stored(StoredReason::TerminalFailureRetention),
        Self::Scrubbed(ScrubReason::Delivered),
        Self::Scrubbed(ScrubReason::Expired),
        Self::Scrubbed(ScrubReason::NoActiveKey),
        Self::Scrubbed(ScrubReason::JweCreationFailed),
        Self::Scrubbed(ScrubReason::PrivacyRequest),
    ];

    /// Gives the name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stored(StoredReason::PendingDelivery) => "pending_delivery",
            Self::Stored(StoredReason::TerminalFailureRetention) => "terminal_failure_retention",
            Self::Scrubbed(ScrubReason::Delivered) => "delivered",
            Self::Scrubbed(ScrubReason::Expired) => "expired",
            Self::Scrubbed(ScrubReason::NoActiveKey) => "no_active_key",
            Self::Scrubbed(ScrubReason::JweCreationFailed) => "jwe_creation_failed",
            Self::Scrubbed(ScrubReason::PrivacyRequest) => "privacy_request",
        }
    }

    /// Parses the name on the wire, exactly.
    pub fn parse(text: &str) -> Result<Self, UnknownRetentionReason> {
        Self::ALL
            .into_iter()
            .find(|reason| reason.as_str() == text)
            .ok_or(UnknownRetentionReason)
    }
}

impl Payload {
    /// Gives the reason that the API shows.
    pub fn reason(&self) -> RetentionReason {
        match self {
            Self::Stored { reason, .. } => RetentionReason::Stored(*reason),
            Self::Scrubbed { reason, .. } => RetentionReason::Scrubbed(*reason),
        }
    }

    /// Gives the end of retention; `None` if nothing is stored.
    pub fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Stored { expires_at, .. } => Some(*expires_at),
            Self::Scrubbed { .. } => None,
        }
    }

    /// Gives when the bytes went; `None` while they are stored.
    pub fn scrubbed_at(&self) -> Option<Timestamp> {
        match self {
            Self::Stored { .. } => None,
            Self::Scrubbed { at, .. } => Some(*at),
        }
    }

    /// Tells whether the bytes are stored and still retained.
    pub fn is_retained(&self, now: Timestamp) -> bool {
        match self {
            Self::Stored { expires_at, .. } => now < *expires_at,
            Self::Scrubbed { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests;
