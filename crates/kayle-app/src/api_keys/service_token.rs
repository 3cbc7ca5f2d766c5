//! Mints a token for one of Kayle's own services (contract 12).

use std::time::Duration;

use kayle_crypto::MintedToken;

use crate::Webhooks;

impl Webhooks {
    /// Mints a token that says `subject` is calling, for as long as `ttl`.
    pub fn mint_service_token(&self, subject: &str, ttl: Duration) -> MintedToken {
        self.keys.mint_service_token(subject, self.clock.now(), ttl)
    }
}
