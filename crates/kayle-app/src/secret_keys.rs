//! The operator's secret keys: what is kept under which, and how everything comes under the current
//! one while the service runs (contract 14.7).
//!
//! What is sealed is sealed anew. What is hashed can only be hashed anew when its text is seen: an
//! API key when it is next used, a cancel token or a report never. So a key that is about to go
//! leaves behind what recognises its hashes, sealed under the current one; that opens nothing and
//! makes no token.

use std::collections::BTreeSet;

use kayle_crypto::{KeyRing, Sealed};
use kayle_primitives::{EndpointId, OrganizationId};
use serde_json::json;
use strum::IntoEnumIterator;

use crate::Webhooks;
use crate::access::Caller;
use crate::audit::AuditAction;
use crate::limits::{NODE_ALIVE, SWEEP_BATCH_MAX};
use crate::ports::store::{
    InvariantReads, KeptUnderKey, KeyUse, Node, Reads, RetiredKey, StoreError,
};

/// Which keys there are, and what is kept under each.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyStatus {
    /// The ids of the keys that this process knows, the current one's first.
    pub known: Vec<String>,
    /// What is kept under every key.
    pub uses: Vec<KeyUse>,
    /// The ids of the retired keys.
    pub retired: Vec<String>,
    /// The nodes that run.
    pub nodes: Vec<Node>,
}

/// A key that something needs and this process does not know.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MissingKey {
    /// Its id.
    pub key_id: String,
    /// What needs it.
    pub kind: KeptUnderKey,
}

/// What a rotation did.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rotated {
    /// Signing secrets that were sealed anew.
    pub sealed: u64,
    /// Signing secrets that could not be opened: their key is missing, or they are damaged.
    pub unopened: u64,
    /// Audit logs that go on under the current key.
    pub audit_logs: u64,
}

impl KeyStatus {
    /// Returns whether a key can be taken out of the settings of every node: nothing is sealed under
    /// it, what it hashed is recognised without it, and no node that runs uses it.
    pub fn may_be_forgotten(&self, key_id: &str) -> bool {
        let is_sealed_under = self.uses.iter().any(|kept| match kept.kind {
            KeptUnderKey::SigningSecrets | KeptUnderKey::RetiredKeys => {
                kept.key_id.as_deref() == Some(key_id)
            }
            KeptUnderKey::ApiKeys => false,
        });
        let is_current = |ids: &[String]| ids.first().is_some_and(|current| current == key_id);
        let is_used = self.nodes.iter().any(|node| is_current(&node.key_ids));
        let is_retired = self.retired.iter().any(|retired| retired == key_id);
        is_retired && !is_sealed_under && !is_used && !is_current(&self.known)
    }
}

/// Has the ring recognise what retired keys hashed. Those that do not open stay unknown:
/// [`Webhooks::missing_keys`] names what they are sealed under.
pub async fn recall_retired_keys(keys: &mut KeyRing, reads: &dyn Reads) -> Result<(), StoreError> {
    for retired in reads.retired_keys().await? {
        if let Err(error) = keys.recall(&retired.id, &retired.sealed) {
            let error: &(dyn std::error::Error + 'static) = &error;
            tracing::error!(key.id = retired.id, error, "a retired key cannot be opened");
        }
    }
    Ok(())
}

impl Webhooks {
    /// Returns which keys there are, and what is kept under each.
    pub async fn secret_key_status(&self) -> Result<KeyStatus, StoreError> {
        let reads = self.store.reads();
        let retired = reads.retired_keys().await?;
        Ok(KeyStatus {
            known: self.keys.key_ids(),
            uses: reads.count_key_uses().await?,
            retired: retired.into_iter().map(|key| key.id).collect(),
            nodes: self.running_nodes().await?,
        })
    }

    /// Returns the keys that something needs and this process does not know; none in a whole
    /// installation. Costs a few look-ups, however much is stored.
    pub async fn missing_keys(&self) -> Result<Vec<MissingKey>, StoreError> {
        let mut missing = BTreeSet::new();
        for kind in KeptUnderKey::iter() {
            let ids = self.store.reads().key_ids_in_use(kind).await?;
            let ids = ids.into_iter().filter(|id| match kind {
                KeptUnderKey::SigningSecrets | KeptUnderKey::RetiredKeys => !self.keys.holds(id),
                KeptUnderKey::ApiKeys => !self.keys.recognises(id),
            });
            missing.extend(ids.map(|key_id| MissingKey { key_id, kind }));
        }
        Ok(missing.into_iter().collect())
    }

    /// Returns the nodes that run and do not know this process's current key: what it seals and
    /// hashes would be unknown to them.
    pub async fn nodes_without_current_key(&self) -> Result<Vec<Node>, StoreError> {
        let current = self.keys.current_key_id();
        let mut nodes = self.running_nodes().await?;
        nodes.retain(|node| {
            let tells = !node.key_ids.is_empty();
            tells && !node.key_ids.iter().any(|id| id == current)
        });
        Ok(nodes)
    }

    async fn running_nodes(&self) -> Result<Vec<Node>, StoreError> {
        let since = self.clock.now().minus(NODE_ALIVE);
        self.store.reads().nodes_seen_since(since).await
    }

    /// Brings everything under the current key, in batches; tells how many signing secrets were
    /// sealed anew after each. What others change meanwhile is left to them. It can be broken off
    /// and begun again, and run twice at once.
    pub async fn rotate_secret_key(
        &self,
        reads: &dyn InvariantReads,
        progress: &mut (dyn FnMut(u64) + Send),
    ) -> Result<Rotated, StoreError> {
        self.retire_other_keys().await?;
        let mut rotated = Rotated::default();
        let mut after: Option<String> = None;
        loop {
            let secrets = reads.sealed_secrets(after.as_deref(), SWEEP_BATCH_MAX);
            let secrets = secrets.await?;
            let Some((last, _)) = secrets.last() else {
                break;
            };
            after = Some(last.clone());
            self.reseal(&secrets, &mut rotated).await?;
            progress(rotated.sealed);
        }
        for organization_id in self.all_audit_logs().await? {
            if self.begin_audit_log_anew(organization_id).await? {
                rotated.audit_logs += 1;
            }
        }
        Ok(rotated)
    }

    /// Keeps what recognises the hashes of every key but the current one.
    async fn retire_other_keys(&self) -> Result<(), StoreError> {
        let (now, current) = (self.clock.now(), self.keys.current_key_id());
        let stored = self.store.reads().retired_keys().await?;
        let mut tx = self.store.unaudited().await?;
        tx.delete_retired_key(current).await?;
        for retired in stored {
            let sealed = &retired.sealed;
            let is_old = sealed.key_id != current && retired.id != current;
            let resealed = is_old.then(|| {
                let resealed = self
                    .keys
                    .reseal_retired(&retired.id, sealed, &*self.entropy);
                resealed.ok()
            });
            if let Some(sealed) = resealed.flatten() {
                tx.save_retired_key(&RetiredKey { sealed, ..retired })
                    .await?;
            }
        }
        for id in self.keys.key_ids() {
            if let Some(sealed) = self.keys.retire(&id, &*self.entropy) {
                let retired_at = now;
                tx.save_retired_key(&RetiredKey {
                    id,
                    sealed,
                    retired_at,
                })
                .await?;
            }
        }
        tx.commit().await
    }

    async fn reseal(
        &self,
        secrets: &[(String, Sealed)],
        rotated: &mut Rotated,
    ) -> Result<(), StoreError> {
        let current = self.keys.current_key_id();
        let mut resealed = Vec::new();
        for (row_id, sealed) in secrets {
            if sealed.key_id == current {
                continue;
            }
            let opened = self.keys.open_signing_secret(row_id, sealed);
            let (Ok(secret), Ok(id)) = (opened, EndpointId::parse(row_id)) else {
                rotated.unopened += 1;
                continue;
            };
            let anew = self
                .keys
                .seal_signing_secret(row_id, &secret, &*self.entropy);
            resealed.push((id, sealed, anew));
        }
        if resealed.is_empty() {
            return Ok(());
        }
        let mut tx = self.store.unaudited().await?;
        let mut count = 0;
        for (id, from, to) in &resealed {
            if tx.reseal_signing_secret(id, from, to).await? {
                count += 1;
            }
        }
        tx.commit().await?;
        rotated.sealed += count;
        Ok(())
    }

    /// Adds a row under the current key to an organization's audit log, unless its last row is
    /// under it already; returns whether it did. The row covers the hash of the one before. It does
    /// not undo a leak of the old key: a row is taken under any key of the ring (ADR 44).
    async fn begin_audit_log_anew(
        &self,
        organization_id: OrganizationId,
    ) -> Result<bool, StoreError> {
        if self
            .audit_log_ends_under_current_key(organization_id)
            .await?
        {
            return Ok(false);
        }
        let tx = self.change(&Caller::system(organization_id)).await?;
        let key_id = self.keys.current_key_id();
        tx.commit(AuditAction::SecretKeyRotated, key_id, json!({}))
            .await?;
        Ok(true)
    }

    async fn audit_log_ends_under_current_key(
        &self,
        organization_id: OrganizationId,
    ) -> Result<bool, StoreError> {
        let reads = self.store.reads();
        let chain = reads.audit_chain(organization_id).await?;
        let before = chain.head.sequence.saturating_sub(2);
        let rows = reads.audit_rows_after(organization_id, before, 2).await?;
        let (last, before) = match rows.as_slice() {
            [before, last] => (last, before.link()),
            [last] => (last, chain.anchor),
            _ => return Ok(false),
        };
        let hash = self.keys.hash_audit_row(&last.content_to_hash(&before));
        Ok(hash == last.hash)
    }
}
