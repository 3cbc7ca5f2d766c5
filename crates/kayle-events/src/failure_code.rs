//! Why a check failed (contract 6.4).

use std::fmt;

/// The reason of a failed attempt, and of a failed session.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureCode {
    /// The document's data is not authentic.
    DocumentAuthenticityFailed,
    /// The chip failed active authentication.
    DocumentActiveAuthenticationFailed,
    /// The chip failed chip authentication.
    DocumentChipAuthenticationFailed,
    /// The person was not found to be live.
    LivenessFailed,
    /// The face does not match the document's portrait.
    SelfieFaceMismatch,
    /// The chip is a clone.
    DocumentAntiCloningAttestationFailed,
    /// The machine-readable zone could not be used; the person scans again.
    DocumentDataInvalid,
}

/// What a failure costs the session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Budget {
    /// One of three NFC tries.
    Nfc,
    /// One of three liveness tries.
    Liveness,
    /// Everything: the session fails at once.
    HardKill,
    /// Nothing: scanning again is free.
    FreeRescan,
}

/// The text names no failure code.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("unknown failure code")]
pub struct UnknownFailureCode;

impl FailureCode {
    /// Every code.
    pub const ALL: [Self; 7] = [
        Self::DocumentAuthenticityFailed,
        Self::DocumentActiveAuthenticationFailed,
        Self::DocumentChipAuthenticationFailed,
        Self::LivenessFailed,
        Self::SelfieFaceMismatch,
        Self::DocumentAntiCloningAttestationFailed,
        Self::DocumentDataInvalid,
    ];

    /// Gives the name on the wire.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::DocumentAuthenticityFailed => "document_authenticity_failed",
            Self::DocumentActiveAuthenticationFailed => "document_active_authentication_failed",
            Self::DocumentChipAuthenticationFailed => "document_chip_authentication_failed",
            Self::LivenessFailed => "liveness_failed",
            Self::SelfieFaceMismatch => "selfie_face_mismatch",
            Self::DocumentAntiCloningAttestationFailed => {
                "document_anti_cloning_attestation_failed"
            }
            Self::DocumentDataInvalid => "document_data_invalid",
        }
    }

    /// Parses the name on the wire, exactly.
    pub fn parse(text: &str) -> Result<Self, UnknownFailureCode> {
        Self::ALL
            .into_iter()
            .find(|code| code.as_str() == text)
            .ok_or(UnknownFailureCode)
    }

    /// Tells what a failure with this code costs the session.
    pub fn budget(self) -> Budget {
        match self {
            Self::DocumentAuthenticityFailed
            | Self::DocumentActiveAuthenticationFailed
            | Self::DocumentChipAuthenticationFailed => Budget::Nfc,
            Self::LivenessFailed | Self::SelfieFaceMismatch => Budget::Liveness,
            Self::DocumentAntiCloningAttestationFailed => Budget::HardKill,
            Self::DocumentDataInvalid => Budget::FreeRescan,
        }
    }
}

impl fmt::Display for FailureCode {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}
