//! Gets and lists sessions (contract 3.8, S2 and S3). A look at an overdue session expires it.

use kayle_primitives::{OrganizationId, Page, PageRequest, SessionId};
use kayle_sessions::Session;

use crate::Webhooks;
use crate::change::until_settled;
use crate::ports::store::{SessionFilter, StoreError};

impl Webhooks {
    /// Gets one; `None` if the organization has no such session.
    pub async fn get_session(
        &self,
        organization_id: OrganizationId,
        id: &SessionId,
    ) -> Result<Option<Session>, StoreError> {
        until_settled(|| async {
            let reads = self.store.reads();
            let Some(session) = reads.find_session(organization_id, id).await? else {
                return Ok(Some(None));
            };
            let session = self.expire_if_overdue(session, self.clock.now()).await?;
            Ok(session.map(Some))
        })
        .await
    }

    /// Lists a page in the order of the ids. Overdue sessions of the page are expired first, so
    /// that a page may hold fewer rows than asked for when a status is filtered.
    pub async fn list_sessions(
        &self,
        organization_id: OrganizationId,
        filter: &SessionFilter,
        page: &PageRequest<SessionId>,
    ) -> Result<Page<Session>, StoreError> {
        let reads = self.store.reads();
        let listed = reads.list_sessions(organization_id, filter, page).await?;
        let now = self.clock.now();
        let overdue: Vec<Session> = listed
            .items
            .iter()
            .filter(|session| session.is_overdue(now))
            .cloned()
            .collect();
        if overdue.is_empty() {
            return Ok(listed);
        }
        for session in overdue {
            self.expire_if_overdue(session, now).await?;
        }
        reads.list_sessions(organization_id, filter, page).await
    }
}
