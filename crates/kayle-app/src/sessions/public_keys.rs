//! Parsed public keys, kept by id: a registered key never changes, so the cache cannot lie.

use kayle_crypto::{KeyImportError, PublicKey};
use kayle_endpoints::EncryptionKey;
use kayle_primitives::EncryptionKeyId;
use moka::sync::Cache;

use crate::limits::PUBLIC_KEYS_CACHED_MAX;

/// Spares the parsing and the trial encryption of an import: more than half of what one encryption
/// costs otherwise.
pub(crate) struct PublicKeys(Cache<EncryptionKeyId, PublicKey>);

impl Default for PublicKeys {
    fn default() -> Self {
        Self(Cache::new(PUBLIC_KEYS_CACHED_MAX))
    }
}

impl PublicKeys {
    /// Returns the parsed form of a registered key.
    pub(crate) fn parsed(&self, key: &EncryptionKey) -> Result<PublicKey, KeyImportError> {
        if let Some(parsed) = self.0.get(&key.id) {
            return Ok(parsed);
        }
        let parsed = PublicKey::import(&key.jwk.n, &key.jwk.e)?;
        self.0.insert(key.id.clone(), parsed.clone());
        Ok(parsed)
    }
}
