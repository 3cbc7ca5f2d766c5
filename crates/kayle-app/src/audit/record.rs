//! Adds a row to an organization's chain.

use kayle_primitives::AuditId;
use serde_json::{Map, Value};

use super::{AuditAction, AuditLink, AuditRow};
use crate::Webhooks;
use crate::access::Caller;
use crate::ports::store::{StoreError, StoreTx};

/// What is to be said of a change.
pub(crate) struct AuditEntry<'a> {
    pub(crate) action: AuditAction,
    pub(crate) subject_id: &'a str,
    pub(crate) details: Value,
}

impl Webhooks {
    /// Writes what `caller` did, inside the transaction that does it. The chain is locked until the
    /// transaction ends: rows of one organization are written one after another.
    pub(crate) async fn audit(
        &self,
        tx: &mut dyn StoreTx,
        caller: &Caller,
        entry: AuditEntry<'_>,
    ) -> Result<(), StoreError> {
        let now = self.clock.now();
        let before = tx.lock_audit_chain(caller.organization_id).await?.head;
        let mut row = AuditRow {
            id: AuditId::generate(now, &*self.entropy),
            organization_id: caller.organization_id,
            sequence: before.sequence + 1,
            action: entry.action.as_str().to_owned(),
            actor: caller.actor.clone(),
            subject_id: entry.subject_id.to_owned(),
            details: object(entry.details),
            created_at: now,
            hash: String::new(),
        };
        row.hash = self.keys.hash_audit_row(&row.content_to_hash(&before));
        tx.insert_audit_row(&row).await
    }
}

impl AuditRow {
    /// Writes what the row's hash covers, unambiguously: every text is preceded by its length.
    pub(crate) fn content_to_hash(&self, before: &AuditLink) -> Vec<u8> {
        let details = serde_json::to_string(&self.details).expect("a JSON map is JSON");
        let parts = [
            before.hash.as_str(),
            &self.sequence.to_string(),
            self.id.as_str(),
            &self.organization_id.to_string(),
            &self.action,
            self.actor.kind(),
            &self.actor.id().unwrap_or_default(),
            &self.subject_id,
            &details,
            &self.created_at.to_string(),
        ];
        let mut content = Vec::new();
        for part in parts {
            let length = u64::try_from(part.len()).expect("a length fits 64 bits");
            content.extend_from_slice(&length.to_be_bytes());
            content.extend_from_slice(part.as_bytes());
        }
        content
    }

    /// Returns whether the row was written by the purge of everything up to `anchor`.
    pub(crate) fn tells_of_purge_through(&self, anchor: &AuditLink) -> bool {
        let told = |name: &str| self.details.get(name);
        self.action == AuditAction::AuditPurged.as_str()
            && told("through").and_then(Value::as_u64) == Some(anchor.sequence)
            && told("hash").and_then(Value::as_str) == Some(&anchor.hash)
    }

    /// Returns the row as the end of the chain up to it.
    pub(crate) fn link(&self) -> AuditLink {
        AuditLink {
            sequence: self.sequence,
            hash: self.hash.clone(),
        }
    }
}

fn object(details: Value) -> Map<String, Value> {
    match details {
        Value::Object(details) => details,
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Array(_) => {
            Map::new()
        }
    }
}
