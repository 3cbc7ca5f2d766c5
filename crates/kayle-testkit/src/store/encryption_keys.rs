//! Encryption keys in memory.

use std::collections::BTreeSet;

use async_trait::async_trait;
use kayle_app::ports::store::{
    EncryptionKeyReads, EncryptionKeyWrites, KeyChallenge, LockedKey, StoreError,
};
use kayle_endpoints::EncryptionKey;
use kayle_primitives::{EncryptionKeyId, EndpointId, OrganizationId, Page, PageRequest, Timestamp};

use super::page::by_id;
use super::tables::{Tables, insert_new};
use super::transaction::MemoryTx;
use super::view::View;

#[async_trait]
impl EncryptionKeyReads for View {
    async fn list_encryption_keys(
        &self,
        organization_id: OrganizationId,
        endpoint_id: &EndpointId,
        is_active: Option<bool>,
        page: &PageRequest<EncryptionKeyId>,
    ) -> Result<Page<EncryptionKey>, StoreError> {
        let tables = self.tables()?;
        let keys = tables.encryption_keys.values().filter(|key| {
            key.organization_id == organization_id
                && key.endpoint_id == *endpoint_id
                && is_active.is_none_or(|active| key.is_active() == active)
        });
        Ok(by_id(keys.cloned(), |key| &key.id, page))
    }

    async fn find_encryption_key(
        &self,
        organization_id: OrganizationId,
        endpoint_id: &EndpointId,
        id: &EncryptionKeyId,
    ) -> Result<Option<EncryptionKey>, StoreError> {
        let tables = self.tables()?;
        let key = tables.encryption_keys.get(id).filter(|key| {
            key.organization_id == organization_id && key.endpoint_id == *endpoint_id
        });
        Ok(key.cloned())
    }

    async fn with_active_key(
        &self,
        organization_id: OrganizationId,
        endpoint_ids: &[EndpointId],
    ) -> Result<BTreeSet<EndpointId>, StoreError> {
        let tables = self.tables()?;
        let active = tables.encryption_keys.values().filter(|key| {
            key.organization_id == organization_id
                && key.is_active()
                && endpoint_ids.contains(&key.endpoint_id)
        });
        Ok(active.map(|key| key.endpoint_id.clone()).collect())
    }

    async fn registrations_since(
        &self,
        endpoint_id: &EndpointId,
        since: Timestamp,
        at_most: usize,
    ) -> Result<Vec<Timestamp>, StoreError> {
        let tables = self.tables()?;
        let keys = tables.encryption_keys.values();
        let keys = keys.filter(|key| key.endpoint_id == *endpoint_id && since < key.created_at);
        let mut times: Vec<Timestamp> = keys.map(|key| key.created_at).collect();
        times.sort_unstable_by(|one, other| other.cmp(one));
        times.truncate(at_most);
        Ok(times)
    }

    async fn count_retained_of_keys(
        &self,
        ids: &[&EncryptionKeyId],
        at_most: usize,
    ) -> Result<Vec<usize>, StoreError> {
        let tables = self.tables()?;
        let count = |id: &&EncryptionKeyId| {
            let deliveries = tables.deliveries.values().map(|row| &row.delivery);
            let of_key = deliveries.filter(|delivery| {
                delivery.encryption_key_id.as_ref() == Some(*id)
                    && delivery.payload.expires_at().is_some()
            });
            of_key.take(at_most).count()
        };
        Ok(ids.iter().map(count).collect())
    }
}

#[async_trait]
impl EncryptionKeyWrites for MemoryTx {
    async fn register_encryption_key(&mut self, key: &EncryptionKey) -> Result<bool, StoreError> {
        self.view.change(|tables| {
            if tables
                .endpoint(key.organization_id, &key.endpoint_id)
                .is_none()
            {
                return Ok(false);
            }
            insert_new(&mut tables.encryption_keys, key.id.clone(), key.clone())?;
            if key.is_active() {
                tables.disable_other_keys(key, key.created_at);
            }
            Ok(true)
        })
    }

    async fn deactivate_encryption_key(
        &mut self,
        organization_id: OrganizationId,
        id: &EncryptionKeyId,
        now: Timestamp,
    ) -> Result<Option<EncryptionKey>, StoreError> {
        self.view.change(|tables| {
            let Some(key) = tables.encryption_key_mut(organization_id, id) else {
                return Ok(None);
            };
            key.disabled_at = Some(now);
            key.updated_at = now;
            Ok(Some(key.clone()))
        })
    }

    async fn reactivate_encryption_key(
        &mut self,
        organization_id: OrganizationId,
        id: &EncryptionKeyId,
        now: Timestamp,
    ) -> Result<Option<EncryptionKey>, StoreError> {
        self.view.change(|tables| {
            let Some(key) = tables.encryption_key_mut(organization_id, id) else {
                return Ok(None);
            };
            key.disabled_at = None;
            key.updated_at = now;
            let key = key.clone();
            tables.disable_other_keys(&key, now);
            Ok(Some(key))
        })
    }

    async fn lock_encryption_key(
        &mut self,
        organization_id: OrganizationId,
        id: &EncryptionKeyId,
    ) -> Result<Option<LockedKey>, StoreError> {
        self.view.change(|tables| {
            let challenge = tables.key_challenges.get(id).cloned();
            let key = tables.encryption_key_mut(organization_id, id);
            Ok(key.map(|key| LockedKey {
                key: key.clone(),
                challenge,
            }))
        })
    }

    async fn set_key_challenge(
        &mut self,
        id: &EncryptionKeyId,
        challenge: Option<&KeyChallenge>,
    ) -> Result<(), StoreError> {
        self.view.change(|tables| {
            match challenge {
                Some(challenge) => tables.key_challenges.insert(id.clone(), challenge.clone()),
                None => tables.key_challenges.remove(id),
            };
            Ok(())
        })
    }

    async fn save_key_proof(&mut self, key: &EncryptionKey) -> Result<(), StoreError> {
        self.view.change(|tables| {
            if let Some(stored) = tables.encryption_key_mut(key.organization_id, &key.id) {
                stored.proof = key.proof;
                stored.updated_at = key.updated_at;
            }
            Ok(())
        })
    }
}

impl Tables {
    /// Returns the key that the endpoint's next event is encrypted with.
    pub(super) fn active_key(&self, endpoint_id: &EndpointId) -> Option<&EncryptionKey> {
        self.encryption_keys
            .values()
            .find(|key| key.endpoint_id == *endpoint_id && key.is_active())
    }

    fn encryption_key_mut(
        &mut self,
        organization_id: OrganizationId,
        id: &EncryptionKeyId,
    ) -> Option<&mut EncryptionKey> {
        let key = self.encryption_keys.get_mut(id)?;
        (key.organization_id == organization_id).then_some(key)
    }

    fn disable_other_keys(&mut self, active: &EncryptionKey, now: Timestamp) {
        let others = self.encryption_keys.values_mut().filter(|key| {
            key.endpoint_id == active.endpoint_id && key.id != active.id && key.is_active()
        });
        for key in others {
            key.disabled_at = Some(now);
            key.updated_at = now;
        }
    }
}
