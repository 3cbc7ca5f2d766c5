//! Service tokens in memory.

use std::collections::BTreeSet;

use async_trait::async_trait;
use kayle_app::ports::store::{ServiceToken, ServiceTokenReads, ServiceTokenWrites, StoreError};
use kayle_primitives::{ServiceTokenId, Timestamp};

use super::transaction::MemoryTx;
use super::view::View;

#[async_trait]
impl ServiceTokenReads for View {
    async fn find_service_token(
        &self,
        id: ServiceTokenId,
    ) -> Result<Option<ServiceToken>, StoreError> {
        Ok(self.tables()?.service_tokens.get(&id).cloned())
    }

    async fn all_service_tokens(&self) -> Result<Vec<ServiceToken>, StoreError> {
        Ok(self.tables()?.service_tokens.values().cloned().collect())
    }

    async fn revoked_among(
        &self,
        ids: &BTreeSet<ServiceTokenId>,
    ) -> Result<BTreeSet<ServiceTokenId>, StoreError> {
        let tables = self.tables()?;
        let is_revoked = |id: &&ServiceTokenId| {
            let token = tables.service_tokens.get(id);
            token.is_some_and(|token| token.revoked_at.is_some())
        };
        Ok(ids.iter().filter(is_revoked).copied().collect())
    }
}

#[async_trait]
impl ServiceTokenWrites for MemoryTx {
    async fn save_service_tokens(&mut self, tokens: &[ServiceToken]) -> Result<(), StoreError> {
        self.view.change(|tables| {
            for token in tokens {
                let stored = tables.service_tokens.entry(token.id);
                let stored = stored.or_insert_with(|| token.clone());
                stored.last_used_at = stored.last_used_at.max(token.last_used_at);
            }
            Ok(())
        })
    }

    async fn revoke_service_token(
        &mut self,
        id: ServiceTokenId,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.view.change(|tables| {
            let stored = tables.service_tokens.entry(id);
            let stored = stored.or_insert(ServiceToken {
                id,
                subject: None,
                created_at: None,
                expires_at: None,
                last_used_at: None,
                revoked_at: None,
            });
            let is_new = stored.revoked_at.is_none();
            stored.revoked_at.get_or_insert(now);
            Ok(is_new)
        })
    }

    async fn delete_service_tokens_expired_before(
        &mut self,
        limit: Timestamp,
    ) -> Result<(), StoreError> {
        self.view.change(|tables| {
            let stays = |token: &ServiceToken| token.expires_at.is_none_or(|at| limit <= at);
            tables.service_tokens.retain(|_, token| stays(token));
            Ok(())
        })
    }
}
