//! The payload: the compact JWE of one delivery, and its retention (contract 7.7, 7.8).

use std::fmt;
use std::str::FromStr;

use kayle_primitives::Timestamp;
use strum::{EnumIter, EnumString, IntoEnumIterator, IntoStaticStr};

/// The encrypted event, as it is sent: ASCII, five base64url parts. Every attempt sends these same
/// bytes. `Debug` shows nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct CompactJwe(String);

impl CompactJwe {
    /// Takes the text that the cipher made or the store kept.
    pub fn new(text: String) -> Self {
        Self(text)
    }

    /// Returns the text to be signed and sent.
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
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, EnumString, EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum StoredReason {
    /// Automatic delivery is under way.
    PendingDelivery,
    /// Kept for manual recovery.
    TerminalFailureRetention,
}

/// Why a payload is gone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, EnumString, EnumIter)]
#[strum(serialize_all = "snake_case")]
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
    /// Returns every reason.
    pub fn iter() -> impl Iterator<Item = Self> {
        let stored = StoredReason::iter().map(Self::Stored);
        stored.chain(ScrubReason::iter().map(Self::Scrubbed))
    }

    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Stored(reason) => reason.into(),
            Self::Scrubbed(reason) => reason.into(),
        }
    }
}

impl FromStr for RetentionReason {
    type Err = UnknownRetentionReason;

    /// Parses the name on the wire, exactly.
    fn from_str(text: &str) -> Result<Self, UnknownRetentionReason> {
        let stored = StoredReason::from_str(text).map(Self::Stored);
        let reason = stored.or_else(|_| ScrubReason::from_str(text).map(Self::Scrubbed));
        reason.map_err(|_| UnknownRetentionReason)
    }
}

impl Payload {
    /// Returns the reason that the API shows.
    pub fn reason(&self) -> RetentionReason {
        match self {
            Self::Stored { reason, .. } => RetentionReason::Stored(*reason),
            Self::Scrubbed { reason, .. } => RetentionReason::Scrubbed(*reason),
        }
    }

    /// Returns the end of retention; `None` if nothing is stored.
    pub fn expires_at(&self) -> Option<Timestamp> {
        match self {
            Self::Stored { expires_at, .. } => Some(*expires_at),
            Self::Scrubbed { .. } => None,
        }
    }

    /// Returns when the bytes went; `None` while they are stored.
    pub fn scrubbed_at(&self) -> Option<Timestamp> {
        match self {
            Self::Stored { .. } => None,
            Self::Scrubbed { at, .. } => Some(*at),
        }
    }

    /// Returns whether the bytes are stored and still retained.
    pub fn is_retained(&self, now: Timestamp) -> bool {
        match self {
            Self::Stored { expires_at, .. } => now < *expires_at,
            Self::Scrubbed { .. } => false,
        }
    }
}

#[cfg(test)]
mod tests;
