//! The encryption key (contract 2.5), with the JWK rebuilt from its numbers (8.2).

use kayle_endpoints::EncryptionKey;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::{
    Algorithm, KeyOperations, KeyType, Shown, ShownAlgorithm, ShownEncryptionKeyId,
    ShownEndpointId, ShownKeyId, ShownKeyOperations, ShownKeyType, ShownTime,
};

#[derive(Serialize, ToSchema)]
#[schema(as = EncryptionKey)]
pub(crate) struct EncryptionKeyView {
    id: ShownEncryptionKeyId,
    /// Whose events are encrypted with it.
    webhook_endpoint_id: ShownEndpointId,
    key_id: ShownKeyId,
    algorithm: ShownAlgorithm,
    key_type: ShownKeyType,
    jwk: JwkView,
    /// Whether later events are encrypted with it; one key of an endpoint at most.
    is_active: bool,
    created_at: ShownTime,
    updated_at: ShownTime,
    /// When it ceased to be active; null while it is.
    disabled_at: Option<ShownTime>,
}

#[derive(Serialize, ToSchema)]
#[schema(as = PublicJwk)]
struct JwkView {
    alg: ShownAlgorithm,
    /// The exponent.
    #[schema(pattern = "^[A-Za-z0-9_-]+$")]
    e: String,
    /// What it is for.
    key_ops: ShownKeyOperations,
    kty: ShownKeyType,
    /// The modulus.
    #[schema(pattern = "^[A-Za-z0-9_-]+$")]
    n: String,
}

impl From<&EncryptionKey> for EncryptionKeyView {
    fn from(key: &EncryptionKey) -> Self {
        Self {
            id: Shown(key.id.clone()),
            webhook_endpoint_id: Shown(key.endpoint_id.clone()),
            key_id: Shown(key.key_id.clone()),
            algorithm: Shown(Algorithm),
            key_type: Shown(KeyType),
            jwk: JwkView {
                alg: Shown(Algorithm),
                e: key.jwk.e.clone(),
                key_ops: Shown(KeyOperations),
                kty: Shown(KeyType),
                n: key.jwk.n.clone(),
            },
            is_active: key.is_active(),
            created_at: Shown(key.created_at),
            updated_at: Shown(key.updated_at),
            disabled_at: key.disabled_at.map(Shown),
        }
    }
}
