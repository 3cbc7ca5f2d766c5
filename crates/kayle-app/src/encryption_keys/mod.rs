//! Operations on encryption keys.

mod activation;
mod challenge;
mod list;
mod overview;
mod prove;
mod register;

pub use challenge::{ChallengeKeyError, NewKeyChallenge};
pub use overview::EncryptionKeyOverview;
pub use prove::ProveKeyError;
pub use register::{NewEncryptionKey, RegisterKeyError};
