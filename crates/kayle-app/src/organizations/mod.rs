//! Operations on organizations, for operators.

use kayle_primitives::{Organization, OrganizationId};
use serde_json::json;

use crate::access::Caller;
use crate::audit::AuditAction;
use crate::ports::store::{ResumeScope, StoreError, StoreTx};
use crate::{Missing, Webhooks};

/// The longest name, in characters.
pub const NAME_CHARS_MAX: usize = 120;

/// The organization could not be made.
#[derive(Debug, thiserror::Error)]
pub enum CreateOrganizationError {
    /// The name is empty or too long.
    #[error("name must have 1 to {NAME_CHARS_MAX} characters after trimming")]
    InvalidName,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Webhooks {
    /// Creates an organization.
    pub async fn create_organization(
        &self,
        name: &str,
    ) -> Result<Organization, CreateOrganizationError> {
        let name = name.trim();
        if name.is_empty() || NAME_CHARS_MAX < name.chars().count() {
            return Err(CreateOrganizationError::InvalidName);
        }
        let organization = Organization {
            id: OrganizationId::generate(&*self.entropy),
            name: name.to_owned(),
            pending_deletion_at: None,
            created_at: self.clock.now(),
        };
        let mut tx = self.change(&Caller::system(organization.id)).await?;
        tx.insert_organization(&organization).await?;
        let (action, id) = (
            AuditAction::OrganizationCreated,
            organization.id.to_string(),
        );
        tx.commit(action, &id, json!({})).await?;
        Ok(organization)
    }

    /// Marks an organization's deletion as pending: its API keys are refused and its deliveries
    /// pause (contract 5.4, 7.9). Repeating changes
    /// nothing: the grace period goes on from the first time.
    pub async fn freeze_organization(&self, id: OrganizationId) -> Result<(), Missing> {
        let mut tx = self.change(&Caller::system(id)).await?;
        let organization = tx.reads().find_organization(id).await?;
        if organization.is_some_and(|organization| organization.is_frozen()) {
            return Ok(());
        }
        if !tx.set_pending_deletion(id, Some(self.clock.now())).await? {
            return Err(Missing::new("organization", id));
        }
        let action = AuditAction::OrganizationFrozen;
        Ok(tx.commit(action, &id.to_string(), json!({})).await?)
    }

    /// Takes the mark away: what waits at its enabled endpoints is due at once. In an organization
    /// that was not frozen, retries keep to their schedule.
    pub async fn unfreeze_organization(&self, id: OrganizationId) -> Result<(), Missing> {
        let mut tx = self.change(&Caller::system(id)).await?;
        let organization = tx.reads().find_organization(id).await?;
        if !tx.set_pending_deletion(id, None).await? {
            return Err(Missing::new("organization", id));
        }
        if organization.is_some_and(|organization| organization.is_frozen()) {
            tx.resume_deliveries(id, &ResumeScope::Organization, self.clock.now())
                .await?;
        }
        let action = AuditAction::OrganizationUnfrozen;
        tx.commit(action, &id.to_string(), json!({})).await?;
        self.wakeup.wake();
        Ok(())
    }
}

/// Fails unless the organization exists.
pub(crate) async fn expect_organization(
    tx: &dyn StoreTx,
    id: OrganizationId,
) -> Result<(), Missing> {
    let found = tx.reads().find_organization(id).await?;
    found
        .map(drop)
        .ok_or_else(|| Missing::new("organization", id))
}
