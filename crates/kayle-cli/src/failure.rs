//! Why a command failed, and the exit code that scripts can tell it by.

use std::io;
use std::path::PathBuf;

use kayle_receiver::UnwrapError;

/// Why a command failed. No message holds a secret, a key, a body or a claim.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// A file that cannot be read or written.
    #[error("{}: {source}", path.display())]
    File {
        path: PathBuf,
        #[source]
        source: io::Error,
    },
    /// The command line or the surroundings are wrong.
    #[error("{0}")]
    Usage(String),
    /// The delivery is not authentic.
    #[error("not verified: {0}")]
    NotVerified(String),
    /// The delivery cannot be decrypted, or what was decrypted is no event.
    #[error("not decrypted: {0}")]
    NotDecrypted(UnwrapError),
    /// The challenge of a key cannot be decrypted with this private key.
    #[error("not proven: the private key is not the registered key's other half ({0})")]
    NotProven(UnwrapError),
    /// A test did not arrive, or was not decrypted.
    #[error("the test failed: {0}")]
    TestFailed(String),
    /// Events were delivered that the customer has not handled.
    #[error("{0} events were delivered and are not handled")]
    NotHandled(usize),
    /// Nobody answered.
    #[error("no connection to {url}: {reason}")]
    NoConnection { url: String, reason: String },
    /// The service answered that it will not.
    #[error("the service answers {status} {code}: {message}")]
    Refused {
        status: u16,
        code: String,
        message: String,
    },
    /// The service's answer is not one of its API.
    #[error("{url} does not answer as Kayle's API does")]
    Strange { url: String },
}

impl Failure {
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::File { .. } | Self::Strange { .. } => 1,
            Self::Usage(_) => 2,
            Self::NotVerified(_) => 3,
            Self::NotDecrypted(UnwrapError::EventInvalid | UnwrapError::EventMismatch) => 5,
            Self::NotDecrypted(_) => 4,
            Self::Refused { status, .. } => match status {
                401 | 403 => 6,
                404 => 7,
                409 | 429 => 8,
                _ => 1,
            },
            Self::NotProven(_) | Self::TestFailed(_) | Self::NotHandled(_) => 9,
            Self::NoConnection { .. } => 10,
        }
    }
}
