//! The closed set of what can be wrong. No error holds anything of the request or of a key.

/// Why a request was not opened, in the order of the checks but for the last. Whatever it is, the delivery comes
/// again if the answer is [`UnwrapError::status`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum UnwrapError {
    /// The body is longer than [`Options::body_bytes_max`](crate::Options::body_bytes_max).
    #[error("the body is too large")]
    BodyTooLarge,
    /// There is no `X-Kayle-Signature`.
    #[error("the X-Kayle-Signature header is missing")]
    SignatureMissing,
    /// The header has not exactly one `t` and one `v1` of the right form.
    #[error("the X-Kayle-Signature header is malformed")]
    SignatureMalformed,
    /// None of the secrets signed these bytes.
    #[error("the signature does not match: another secret, or a body that was changed")]
    SignatureMismatch,
    /// The signature is right, and too far away from this machine's time.
    #[error("the signature is {skew_s} seconds away from this machine's clock")]
    TimestampOutOfRange {
        /// How far this clock is ahead of the signature, in seconds; negative if it is behind.
        skew_s: i64,
    },
    /// The body is not a compact JWE.
    #[error("the body is not a compact JWE")]
    JweMalformed,
    /// The JWE is not of the one kind that Kayle sends.
    #[error("the JWE is not RSA-OAEP-256 with A256GCM and a kid, without zip and crit")]
    JweUnsupported,
    /// No private key is labelled with the JWE's `kid`, and none is without label.
    #[error("there is no private key for the kid of the JWE")]
    KeyUnknown,
    /// The private key does not open it. One error for every cause.
    #[error("the JWE cannot be decrypted with the private key of this kid")]
    DecryptionFailed,
    /// What was decrypted is not an event.
    #[error("the decrypted text is not a Kayle event")]
    EventInvalid,
    /// `X-Kayle-Event` names another type than the event has.
    #[error("X-Kayle-Event differs from the type of the event")]
    EventMismatch,
    /// The secrets are none or too many, or one is empty or has a blank inside. A [`Receiver`] finds
    /// this when it is made, unless a function reads them.
    ///
    /// [`Receiver`]: crate::Receiver
    #[error("the signing secrets cannot be used")]
    SecretInvalid,
}

impl UnwrapError {
    /// Returns the name that every Kayle library has for this error.
    pub fn code(self) -> &'static str {
        match self {
            Self::BodyTooLarge => "body_too_large",
            Self::SignatureMissing => "signature_missing",
            Self::SignatureMalformed => "signature_malformed",
            Self::SignatureMismatch => "signature_mismatch",
            Self::TimestampOutOfRange { .. } => "timestamp_out_of_range",
            Self::JweMalformed => "jwe_malformed",
            Self::JweUnsupported => "jwe_unsupported",
            Self::KeyUnknown => "key_unknown",
            Self::DecryptionFailed => "decryption_failed",
            Self::EventInvalid => "event_invalid",
            Self::EventMismatch => "event_mismatch",
            Self::SecretInvalid => "secret_invalid",
        }
    }

    /// Returns the status to answer with, without a body. It is 500 where the fault is on the
    /// receiver's side.
    pub fn status(self) -> u16 {
        match self {
            Self::BodyTooLarge => 413,
            Self::SignatureMissing
            | Self::SignatureMalformed
            | Self::SignatureMismatch
            | Self::TimestampOutOfRange { .. }
            | Self::JweMalformed
            | Self::JweUnsupported
            | Self::EventMismatch => 400,
            Self::KeyUnknown
            | Self::DecryptionFailed
            | Self::EventInvalid
            | Self::SecretInvalid => 500,
        }
    }
}

/// Why a receiver cannot be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum OptionsError {
    /// There must be one to eight secrets, none of them empty or with a blank or line break inside.
    #[error("secrets must be 1 to 8 texts without blanks and line breaks")]
    Secrets,
    /// There must be one to sixteen private keys.
    #[error("private_keys must be 1 to 16 keys")]
    PrivateKeys,
    /// The tolerance cannot be off.
    #[error("tolerance_s must be 1 to 3600")]
    Tolerance,
    /// No delivery has an empty body.
    #[error("body_bytes_max must be at least 1")]
    BodyBytesMax,
}

impl OptionsError {
    /// Returns the name that every Kayle library has for this error.
    pub fn code(self) -> &'static str {
        match self {
            Self::Secrets => "secret_invalid",
            Self::PrivateKeys => "key_invalid",
            Self::Tolerance | Self::BodyBytesMax => "option_invalid",
        }
    }
}
