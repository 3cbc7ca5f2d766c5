//! The signing secret: proves to the customer who sent a request (contract 8.3).

use std::fmt;

use kayle_primitives::Entropy;
use kayle_primitives::entropy::lowercase_alphanumeric;
use zeroize::Zeroizing;

/// `whsec_` and 32 symbols; the whole text is the HMAC key. Wiped when dropped; `Debug` shows
/// nothing of it.
#[derive(Clone, PartialEq, Eq)]
pub struct SigningSecret(Zeroizing<String>);

impl SigningSecret {
    /// Creates a fresh secret.
    pub fn generate(entropy: &dyn Entropy) -> Self {
        let body = Zeroizing::new(lowercase_alphanumeric(entropy, 32));
        Self(Zeroizing::new(["whsec_", &body].concat()))
    }

    /// Takes a secret that was opened from the store.
    pub fn from_opened(text: Zeroizing<String>) -> Self {
        Self(text)
    }

    /// Returns the text: to the signer, to the seal, and to the one answer that shows it.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for SigningSecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("<signing secret>")
    }
}

#[cfg(test)]
mod tests;
