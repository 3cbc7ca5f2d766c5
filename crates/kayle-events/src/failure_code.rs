//! Why a check failed (contract 6.4).

use kayle_primitives::UnknownName;
use strum::{EnumIter, EnumString, IntoStaticStr};

/// The reason of a failed attempt, and of a failed session.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, strum::Display, IntoStaticStr, EnumString, EnumIter,
)]
#[strum(serialize_all = "snake_case", parse_err_ty = UnknownName<FailureCode>, parse_err_fn = UnknownName::of)]
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

impl FailureCode {
    /// Returns the name on the wire.
    pub fn as_str(self) -> &'static str {
        self.into()
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
