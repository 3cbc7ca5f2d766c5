//! Whether a service token was revoked: asked of the store for every request, because revoked it is
//! refused at once, on every node. Requests that come while the store is asked share the next
//! question, so that a busy intake costs no statement for each report.

use std::collections::BTreeSet;
use std::sync::Arc;

use kayle_primitives::ServiceTokenId;

use crate::Webhooks;
use crate::batch::{Batch, Line, Turn};
use crate::ports::store::StoreError;

/// Those whose tokens wait to be looked up.
pub(crate) type Revocations = Line<ServiceTokenId, Answer>;

type Answer = Result<bool, StoreError>;

impl Webhooks {
    /// Returns whether a token was revoked before it was asked for.
    pub(crate) async fn is_revoked(&self, id: ServiceTokenId) -> Answer {
        let mut place = self.revocations.join(id);
        loop {
            match place.turn().await {
                Turn::Answered(answer) => return answer,
                Turn::Leads(mut batch) => self.look_up(&mut batch).await,
            }
        }
    }

    async fn look_up(&self, batch: &mut Batch<'_, ServiceTokenId, Answer>) {
        let ids: BTreeSet<ServiceTokenId> = batch.requests().map(|(_, id)| *id).collect();
        match self.store.reads().revoked_among(&ids).await {
            Ok(revoked) => batch.answer_all(|id| Ok(revoked.contains(id))),
            Err(error) => {
                let error = Arc::new(error);
                batch.answer_all(|_| Err(StoreError::shared(&error)));
            }
        }
    }
}
