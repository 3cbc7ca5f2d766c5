//! The encryption key (contract 2.5, 14.12), with the JWK rebuilt from its numbers (8.2).

use kayle_app::encryption_keys::EncryptionKeyOverview;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::{
    Algorithm, KeyOperations, KeyType, Shown, ShownAlgorithm, ShownEncryptionKeyId,
    ShownEndpointId, ShownKeyId, ShownKeyOperations, ShownKeyType, ShownProver, ShownTime,
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
    /// RFC 7638 with SHA-256, base64url: the same wherever the key is.
    #[schema(pattern = "^[A-Za-z0-9_-]{43}$")]
    thumbprint: String,
    /// The length of the modulus.
    #[schema(minimum = 2048)]
    bits: u64,
    /// Whether later events are encrypted with it; one key of an endpoint at most.
    is_active: bool,
    /// How many stored payloads are encrypted to it; 1000 stands for that many or more. At 0 nobody
    /// needs its private half here any more.
    #[schema(minimum = 0, maximum = 1000)]
    retained_deliveries: usize,
    /// When somebody first showed to have its private half; null if nobody has.
    proven_at: Option<ShownTime>,
    /// Who showed it: `caller` by a challenge, or `receiver` by decrypting a test delivery, which
    /// says more; null if nobody has.
    proven_by: Option<ShownProver>,
    created_at: ShownTime,
    updated_at: ShownTime,
    /// When it ceased to be active, or was registered without becoming it; null while it is.
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

impl From<&EncryptionKeyOverview> for EncryptionKeyView {
    fn from(overview: &EncryptionKeyOverview) -> Self {
        let key = &overview.key;
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
            thumbprint: key.jwk.thumbprint(),
            bits: key.jwk.bits(),
            is_active: key.is_active(),
            retained_deliveries: overview.retained_deliveries,
            proven_at: key.proof.map(|proof| Shown(proof.at)),
            proven_by: key.proof.map(|proof| Shown(proof.by)),
            created_at: Shown(key.created_at),
            updated_at: Shown(key.updated_at),
            disabled_at: key.disabled_at.map(Shown),
        }
    }
}
