//! Sign-in links in memory.

use async_trait::async_trait;
use kayle_app::ports::store::{SignInLink, SignInReads, SignInWrites, StoreError};
use kayle_primitives::Timestamp;

use super::tables::{SignInRow, insert_new};
use super::transaction::MemoryTx;
use super::view::View;

#[async_trait]
impl SignInReads for View {
    async fn find_sign_in_link(
        &self,
        code_hashes: &[String],
        now: Timestamp,
    ) -> Result<Option<SignInLink>, StoreError> {
        let tables = self.tables()?;
        let mut found = code_hashes
            .iter()
            .filter_map(|hash| tables.sign_in_links.get(hash));
        Ok(found
            .find(|row| row.leads_somewhere(now))
            .map(|row| row.link.clone()))
    }
}

#[async_trait]
impl SignInWrites for MemoryTx {
    async fn insert_sign_in_link(&mut self, link: &SignInLink) -> Result<(), StoreError> {
        self.view.change(|tables| {
            let row = SignInRow {
                link: link.clone(),
                used_at: None,
            };
            insert_new(&mut tables.sign_in_links, link.code_hash.clone(), row)
        })
    }

    async fn use_sign_in_link(
        &mut self,
        code_hash: &str,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        self.view.change(|tables| {
            let row = tables.sign_in_links.get_mut(code_hash);
            let Some(row) = row.filter(|row| row.leads_somewhere(now)) else {
                return Ok(false);
            };
            row.used_at = Some(now);
            Ok(true)
        })
    }

    async fn delete_sign_in_links_expired_before(
        &mut self,
        limit: Timestamp,
    ) -> Result<(), StoreError> {
        self.view.change(|tables| {
            tables
                .sign_in_links
                .retain(|_, row| limit <= row.link.expires_at);
            Ok(())
        })
    }
}

impl SignInRow {
    fn leads_somewhere(&self, now: Timestamp) -> bool {
        self.used_at.is_none() && now < self.link.expires_at
    }
}
