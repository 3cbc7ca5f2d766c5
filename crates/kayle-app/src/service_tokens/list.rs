//! Lists service tokens (contract 14.14).

use std::cmp::Reverse;

use crate::Webhooks;
use crate::ports::store::{ServiceToken, StoreError};

impl Webhooks {
    /// Lists what is known of all service tokens that have not ended long ago, the newest first.
    pub async fn list_service_tokens(&self) -> Result<Vec<ServiceToken>, StoreError> {
        let mut tokens = self.store.reads().all_service_tokens().await?;
        tokens.sort_by_key(|token| Reverse(token.created_at));
        Ok(tokens)
    }
}
