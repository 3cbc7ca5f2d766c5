//! The API key without its plaintext (contract 2.9), and the one answer that shows it (3.7). These
//! members alone are in camel case: the dashboard's older half is.

use kayle_app::access::ApiKey;
use kayle_app::api_keys::CreatedApiKey;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::{Shown, ShownApiKeyId, ShownApiKeyMetadata, ShownScope, ShownTime};

#[derive(Serialize, ToSchema)]
#[schema(as = ApiKey)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ApiKeyView {
    id: ShownApiKeyId,
    /// For people.
    name: String,
    /// Whether it is accepted.
    enabled: bool,
    /// What it may do. A write scope includes its read scope.
    permissions: Vec<ShownScope>,
    metadata: ShownApiKeyMetadata,
    created_at: ShownTime,
    updated_at: ShownTime,
    /// Requests that it authenticated.
    request_count: u64,
}

#[derive(Serialize, ToSchema)]
#[schema(as = CreatedApiKey)]
pub(crate) struct CreatedApiKeyView<'a> {
    id: ShownApiKeyId,
    /// The API key. Nothing shows it again.
    #[schema(pattern = "^kk_[a-z0-9]{32}$")]
    key: &'a str,
}

impl From<&ApiKey> for ApiKeyView {
    fn from(key: &ApiKey) -> Self {
        Self {
            id: Shown(key.id),
            name: key.name.as_str().to_owned(),
            enabled: key.enabled,
            permissions: key.scopes.iter().copied().map(Shown).collect(),
            metadata: Shown(key.metadata.clone()),
            created_at: Shown(key.created_at),
            updated_at: Shown(key.updated_at),
            request_count: key.request_count,
        }
    }
}

impl<'a> From<&'a CreatedApiKey> for CreatedApiKeyView<'a> {
    fn from(created: &'a CreatedApiKey) -> Self {
        Self {
            id: Shown(created.key.id),
            key: created.plaintext.expose(),
        }
    }
}
