//! The encryption key (contract 2.5), with the JWK rebuilt from its numbers (8.2).

use kayle_endpoints::EncryptionKey;
use kayle_endpoints::encryption_key::{ALGORITHM, KEY_TYPE};
use serde::Serialize;

use super::time;

#[derive(Serialize)]
pub(crate) struct EncryptionKeyView {
    id: String,
    webhook_endpoint_id: String,
    key_id: String,
    algorithm: &'static str,
    key_type: &'static str,
    jwk: JwkView,
    is_active: bool,
    created_at: String,
    updated_at: String,
    disabled_at: Option<String>,
}

#[derive(Serialize)]
struct JwkView {
    alg: &'static str,
    e: String,
    key_ops: [&'static str; 1],
    kty: &'static str,
    n: String,
}

impl From<&EncryptionKey> for EncryptionKeyView {
    fn from(key: &EncryptionKey) -> Self {
        Self {
            id: key.id.to_string(),
            webhook_endpoint_id: key.endpoint_id.to_string(),
            key_id: key.key_id.as_str().to_owned(),
            algorithm: ALGORITHM,
            key_type: KEY_TYPE,
            jwk: JwkView {
                alg: ALGORITHM,
                e: key.jwk.e.clone(),
                key_ops: ["encrypt"],
                kty: KEY_TYPE,
                n: key.jwk.n.clone(),
            },
            is_active: key.is_active(),
            created_at: time(key.created_at),
            updated_at: time(key.updated_at),
            disabled_at: key.disabled_at.map(time),
        }
    }
}
