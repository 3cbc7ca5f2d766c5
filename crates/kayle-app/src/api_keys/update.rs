//! Changes an API key (contract 3.7).

use kayle_primitives::ApiKeyId;
use serde_json::json;
use strum::{EnumIter, IntoEnumIterator, IntoStaticStr};

use crate::access::{ApiKey, ApiKeyMetadata, ApiKeyName, Caller, Scope};
use crate::audit::AuditAction;
use crate::{Missing, Webhooks};

/// What an update replaces; `None` leaves a member as it is.
#[derive(Debug, Clone, Default)]
pub struct ApiKeyChange {
    /// See [`ApiKey::name`].
    pub name: Option<ApiKeyName>,
    /// See [`ApiKey::enabled`].
    pub enabled: Option<bool>,
    /// See [`ApiKey::scopes`].
    pub scopes: Option<Vec<Scope>>,
    /// See [`ApiKey::metadata`].
    pub metadata: Option<ApiKeyMetadata>,
}

/// What can be changed of an API key, by its name in bodies and in the audit log.
#[derive(Debug, Clone, Copy, PartialEq, Eq, IntoStaticStr, EnumIter)]
#[strum(serialize_all = "snake_case")]
pub enum ApiKeyMember {
    /// See [`ApiKey::name`].
    Name,
    /// See [`ApiKey::enabled`].
    Enabled,
    /// See [`ApiKey::scopes`].
    Permissions,
    /// See [`ApiKey::metadata`].
    Metadata,
}

impl ApiKeyMember {
    /// Returns the name.
    pub fn as_str(self) -> &'static str {
        self.into()
    }
}

impl ApiKeyChange {
    fn replaces(&self, member: ApiKeyMember) -> bool {
        match member {
            ApiKeyMember::Name => self.name.is_some(),
            ApiKeyMember::Enabled => self.enabled.is_some(),
            ApiKeyMember::Permissions => self.scopes.is_some(),
            ApiKeyMember::Metadata => self.metadata.is_some(),
        }
    }
}

impl Webhooks {
    /// Replaces the given members; takes effect on the next request.
    pub async fn update_api_key(
        &self,
        caller: &Caller,
        id: ApiKeyId,
        change: ApiKeyChange,
    ) -> Result<ApiKey, Missing> {
        let changed: Vec<&str> = ApiKeyMember::iter()
            .filter(|member| change.replaces(*member))
            .map(ApiKeyMember::as_str)
            .collect();
        let mut tx = self.change(caller).await?;
        let before = tx.lock_api_key(caller.organization_id, id).await?;
        let before = before.ok_or_else(|| Missing::new("API key", id))?;
        let key = ApiKey {
            name: change.name.unwrap_or(before.name),
            enabled: change.enabled.unwrap_or(before.enabled),
            scopes: change.scopes.unwrap_or(before.scopes),
            metadata: change.metadata.unwrap_or(before.metadata),
            updated_at: self.clock.now(),
            ..before
        };
        tx.save_api_key(&key).await?;
        let details = json!({ "changed": changed });
        tx.commit(AuditAction::ApiKeyUpdated, &id.to_string(), details)
            .await?;
        Ok(key)
    }
}
