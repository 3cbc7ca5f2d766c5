//! What is kept under which secret key, in memory.

use std::collections::BTreeMap;

use async_trait::async_trait;
use kayle_app::ports::store::{
    KeptUnderKey, KeyUse, RetiredKey, SecretKeyReads, SecretKeyWrites, StoreError,
};
use kayle_crypto::Sealed;
use kayle_primitives::EndpointId;

use super::tables::Tables;
use super::transaction::MemoryTx;
use super::view::View;

#[async_trait]
impl SecretKeyReads for View {
    async fn key_ids_in_use(&self, kind: KeptUnderKey) -> Result<Vec<String>, StoreError> {
        let uses = self.count_key_uses().await?;
        let uses = uses.into_iter().filter(|kept| kept.kind == kind);
        Ok(uses.filter_map(|kept| kept.key_id).collect())
    }

    async fn count_key_uses(&self) -> Result<Vec<KeyUse>, StoreError> {
        let mut counts: BTreeMap<(KeptUnderKey, Option<String>), u64> = BTreeMap::new();
        for place in key_uses(&*self.tables()?) {
            *counts.entry(place).or_default() += 1;
        }
        let uses = counts
            .into_iter()
            .map(|((kind, key_id), rows)| KeyUse { kind, key_id, rows });
        Ok(uses.collect())
    }

    async fn retired_keys(&self) -> Result<Vec<RetiredKey>, StoreError> {
        Ok(self.tables()?.retired_keys.values().cloned().collect())
    }
}

fn key_uses(tables: &Tables) -> Vec<(KeptUnderKey, Option<String>)> {
    let secrets = tables.endpoints.values().filter_map(|row| {
        let sealed = row.signing_secret.as_ref()?;
        Some((KeptUnderKey::SigningSecrets, Some(sealed.key_id.clone())))
    });
    let api_keys = tables.api_keys.values();
    let api_keys = api_keys.map(|row| (KeptUnderKey::ApiKeys, row.key_id.clone()));
    let retired = tables.retired_keys.values();
    let retired = retired.map(|key| (KeptUnderKey::RetiredKeys, Some(key.sealed.key_id.clone())));
    secrets.chain(api_keys).chain(retired).collect()
}

#[async_trait]
impl SecretKeyWrites for MemoryTx {
    async fn reseal_signing_secret(
        &mut self,
        id: &EndpointId,
        from: &Sealed,
        to: &Sealed,
    ) -> Result<bool, StoreError> {
        self.view.change(|tables| {
            let row = tables.endpoints.get_mut(id);
            let Some(row) = row.filter(|row| row.signing_secret.as_ref() == Some(from)) else {
                return Ok(false);
            };
            row.signing_secret = Some(to.clone());
            Ok(true)
        })
    }

    async fn save_retired_key(&mut self, key: &RetiredKey) -> Result<(), StoreError> {
        self.view.change(|tables| {
            let stored = tables.retired_keys.entry(key.id.clone());
            let sealed = key.sealed.clone();
            stored
                .and_modify(|stored| stored.sealed = sealed)
                .or_insert_with(|| key.clone());
            Ok(())
        })
    }

    async fn delete_retired_key(&mut self, id: &str) -> Result<(), StoreError> {
        self.view.change(|tables| {
            tables.retired_keys.remove(id);
            Ok(())
        })
    }
}
