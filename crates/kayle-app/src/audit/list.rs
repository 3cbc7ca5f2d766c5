//! Lists an organization's audit log (contract 10).

use kayle_primitives::{AuditId, OrganizationId, Page, PageRequest};

use super::AuditRow;
use crate::Webhooks;
use crate::ports::store::StoreError;

impl Webhooks {
    /// Lists a page, newest first; `None` if the cursor is unknown.
    pub async fn list_audit_rows(
        &self,
        organization_id: OrganizationId,
        page: &PageRequest<AuditId>,
    ) -> Result<Option<Page<AuditRow>>, StoreError> {
        self.store
            .reads()
            .list_audit_rows(organization_id, page)
            .await
    }
}
