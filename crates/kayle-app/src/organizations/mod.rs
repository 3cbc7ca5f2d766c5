//! Operations on organizations, for operators.

use kayle_primitives::{Organization, OrganizationId};
use serde_json::json;

use crate::Webhooks;
use crate::access::Caller;
use crate::audit::{AuditAction, AuditEntry};
use crate::ports::store::{ResumeScope, StoreError, StoreTx};

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

/// The organization could not be frozen or unfrozen.
#[derive(Debug, thiserror::Error)]
pub enum FreezeOrganizationError {
    /// There is no such organization.
    #[error("no organization has the id {0}")]
    NotFound(OrganizationId),
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
        let mut tx = self.store.begin().await?;
        tx.insert_organization(&organization).await?;
        self.audit_organization(&mut *tx, organization.id, AuditAction::OrganizationCreated)
            .await?;
        tx.commit().await?;
        Ok(organization)
    }

    /// Marks an organization's deletion as pending: its API keys are refused and its deliveries
    /// pause (contract 5.4, 7.9). Repeating changes
    /// nothing: the grace period goes on from the first time.
    pub async fn freeze_organization(
        &self,
        id: OrganizationId,
    ) -> Result<(), FreezeOrganizationError> {
        let mut tx = self.store.begin().await?;
        let organization = tx.reads().find_organization(id).await?;
        if organization.is_some_and(|organization| organization.is_frozen()) {
            return Ok(());
        }
        if !tx.set_pending_deletion(id, Some(self.clock.now())).await? {
            return Err(FreezeOrganizationError::NotFound(id));
        }
        self.audit_organization(&mut *tx, id, AuditAction::OrganizationFrozen)
            .await?;
        Ok(tx.commit().await?)
    }

    /// Takes the mark away: what waits at its enabled endpoints is due at once. In an organization
    /// that was not frozen, retries keep to their schedule.
    pub async fn unfreeze_organization(
        &self,
        id: OrganizationId,
    ) -> Result<(), FreezeOrganizationError> {
        let mut tx = self.store.begin().await?;
        let organization = tx.reads().find_organization(id).await?;
        if !tx.set_pending_deletion(id, None).await? {
            return Err(FreezeOrganizationError::NotFound(id));
        }
        if organization.is_some_and(|organization| organization.is_frozen()) {
            tx.resume_deliveries(id, &ResumeScope::Organization, self.clock.now())
                .await?;
        }
        self.audit_organization(&mut *tx, id, AuditAction::OrganizationUnfrozen)
            .await?;
        tx.commit().await?;
        self.wakeup.wake();
        Ok(())
    }

    async fn audit_organization(
        &self,
        tx: &mut dyn StoreTx,
        id: OrganizationId,
        action: AuditAction,
    ) -> Result<(), StoreError> {
        let (caller, details) = (Caller::system(id), json!({}));
        self.audit(
            tx,
            &caller,
            AuditEntry {
                action,
                subject_id: &id.to_string(),
                details,
            },
        )
        .await
    }
}
