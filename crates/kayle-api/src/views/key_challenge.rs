//! A key's challenge (contract 14.12).

use kayle_app::encryption_keys::NewKeyChallenge;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::{Shown, ShownTime};

#[derive(Serialize, ToSchema)]
#[schema(as = KeyChallenge)]
pub(crate) struct KeyChallengeView {
    /// The nonce, encrypted to the key as a delivery would be: a compact JWE.
    #[schema(pattern = r"^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+){4}$")]
    jwe: String,
    /// When the nonce is no longer taken.
    expires_at: ShownTime,
}

impl From<NewKeyChallenge> for KeyChallengeView {
    fn from(challenge: NewKeyChallenge) -> Self {
        Self {
            jwe: challenge.jwe,
            expires_at: Shown(challenge.expires_at),
        }
    }
}
