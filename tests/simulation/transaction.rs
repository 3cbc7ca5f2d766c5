//! A transaction over the connection that fails.

use std::sync::Arc;

use async_trait::async_trait;
use kayle_app::access::ApiKey;
use kayle_app::audit::{AuditChain, AuditLink, AuditRow};
use kayle_app::ports::store::{
    ActivityKey, ActivityRow, ActivityWrites, ApiKeyHash, ApiKeyWrites, AuditWrites, Batch,
    DeliveryWrites, EncryptionKeyWrites, EndpointWrites, EventWrites, FailedFilter, FailedPlace,
    FailedPortion, KeyChallenge, LockedKey, NewDelivery, NewEvent, Node, NodeWrites,
    OrganizationWrites, Portion, PurgeWrites, Reads, RecordedAttempt, Rehash, Resolution,
    ResumeScope, RetiredKey, SecretKeyWrites, ServiceToken, ServiceTokenWrites, SessionWrites,
    SignInLink, SignInWrites, StoreError, StoreTx,
};
use kayle_crypto::Sealed;
use kayle_delivery::{Delivery, Payload, ScrubReason};
use kayle_endpoints::{EncryptionKey, Endpoint};
use kayle_events::EventType;
use kayle_primitives::{
    ApiKeyId, Clock, DeliveryId, EncryptionKeyId, EndpointId, Entropy, EventId, Organization,
    OrganizationId, ServiceTokenId, SessionId, Timestamp,
};
use kayle_sessions::Session;
use kayle_testkit::entropy::SeededEntropy;
use uuid::Uuid;

use crate::laws::change::Cause;
use crate::mutant::Mutant;
use crate::store::{Fate, Shared};

/// Passes everything on, if the connection holds.
pub(crate) struct SimulatedTx {
    pub(crate) inner: Box<dyn StoreTx>,
    pub(crate) shared: Arc<Shared>,
}

impl SimulatedTx {
    async fn call(&mut self) -> Result<(), StoreError> {
        match self.shared.call().await? {
            // Nothing is committed yet, so that a lost answer is a lost transaction.
            Fate::AnswerLost => Err(StoreError::Unavailable("the seed says so".into())),
            Fate::Well | Fate::Refused => Ok(()),
        }
    }
}

#[async_trait]
impl StoreTx for SimulatedTx {
    fn reads(&self) -> &dyn Reads {
        self.inner.reads()
    }

    async fn commit(self: Box<Self>) -> Result<(), StoreError> {
        let Self { inner, shared } = *self;
        let fate = shared.call().await?;
        inner.commit().await?;
        shared.observe(Cause::Transaction, &[]).await;
        shared.answer(fate, ()).await
    }
}

/// Writes a trait's methods, each of which asks the connection and then passes the call on.
macro_rules! passed_on {
    ($repository:ident { $($method:ident($($argument:ident: $kind:ty),*) -> $answer:ty;)* }) => {
        #[async_trait]
        impl $repository for SimulatedTx {
            $(
                async fn $method(&mut self, $($argument: $kind),*) -> Result<$answer, StoreError> {
                    self.call().await?;
                    self.inner.$method($($argument),*).await
                }
            )*
        }
    };
}

passed_on!(OrganizationWrites {
    insert_organization(organization: &Organization) -> ();
    set_pending_deletion(id: OrganizationId, at: Option<Timestamp>) -> bool;
});

passed_on!(ApiKeyWrites {
    insert_api_key(key: &ApiKey, hash: &ApiKeyHash) -> ();
    lock_api_key(organization_id: OrganizationId, id: ApiKeyId) -> Option<ApiKey>;
    save_api_key(key: &ApiKey) -> ();
    delete_api_key(organization_id: OrganizationId, id: ApiKeyId) -> bool;
    count_requests(counts: &[(ApiKeyId, u64)]) -> ();
    rehash_api_key(rehash: &Rehash) -> ();
});

passed_on!(EndpointWrites {
    insert_endpoint(endpoint: &Endpoint, signing_secret: &Sealed) -> ();
    lock_endpoint(organization_id: OrganizationId, id: &EndpointId) -> Option<Endpoint>;
    save_endpoint(endpoint: &Endpoint) -> ();
    replace_signing_secret(id: &EndpointId, secret: &Sealed, now: Timestamp) -> ();
    delete_endpoint(id: &EndpointId, now: Timestamp) -> ();
});

passed_on!(EncryptionKeyWrites {
    register_encryption_key(key: &EncryptionKey) -> bool;
    deactivate_encryption_key(
        organization_id: OrganizationId, id: &EncryptionKeyId, now: Timestamp
    ) -> Option<EncryptionKey>;
    reactivate_encryption_key(
        organization_id: OrganizationId, id: &EncryptionKeyId, now: Timestamp
    ) -> Option<EncryptionKey>;
    lock_encryption_key(
        organization_id: OrganizationId, id: &EncryptionKeyId
    ) -> Option<LockedKey>;
    set_key_challenge(id: &EncryptionKeyId, challenge: Option<&KeyChallenge>) -> ();
    save_key_proof(key: &EncryptionKey) -> ();
});

passed_on!(NodeWrites {
    save_node(node: &Node) -> ();
    delete_node(id: Uuid) -> ();
    delete_nodes_seen_before(limit: Timestamp) -> ();
});

passed_on!(SecretKeyWrites {
    reseal_signing_secret(id: &EndpointId, from: &Sealed, to: &Sealed) -> bool;
    save_retired_key(key: &RetiredKey) -> ();
    delete_retired_key(id: &str) -> ();
});

passed_on!(ServiceTokenWrites {
    save_service_tokens(tokens: &[ServiceToken]) -> ();
    revoke_service_token(id: ServiceTokenId, now: Timestamp) -> bool;
    delete_service_tokens_expired_before(limit: Timestamp) -> ();
});

passed_on!(SignInWrites {
    insert_sign_in_link(link: &SignInLink) -> ();
    use_sign_in_link(code_hash: &str, now: Timestamp) -> bool;
    delete_sign_in_links_expired_before(limit: Timestamp) -> ();
});

passed_on!(ActivityWrites {
    save_activity(rows: &[ActivityRow]) -> ();
    lock_activity(keys: &[ActivityKey]) -> Vec<ActivityRow>;
    take_activity(
        resolution: Resolution, before: Timestamp, limit: usize
    ) -> Batch<ActivityRow>;
});

passed_on!(PurgeWrites {
    purge_events(before: Timestamp, limit: usize) -> u64;
    purge_sessions(before: Timestamp, limit: usize) -> u64;
    minimize_sessions(before: Timestamp, limit: usize) -> u64;
});

#[async_trait]
impl AuditWrites for SimulatedTx {
    async fn lock_audit_chain(&mut self, id: OrganizationId) -> Result<AuditChain, StoreError> {
        self.call().await?;
        self.inner.lock_audit_chain(id).await
    }

    async fn insert_audit_row(&mut self, row: &AuditRow) -> Result<(), StoreError> {
        self.call().await?;
        if self.shared.is(Mutant::BreaksTheAuditChain) {
            let row = AuditRow {
                sequence: row.sequence + 1,
                ..row.clone()
            };
            return self.inner.insert_audit_row(&row).await;
        }
        self.inner.insert_audit_row(row).await
    }

    async fn purge_audit_rows(
        &mut self,
        organization_id: OrganizationId,
        before: Timestamp,
        limit: usize,
    ) -> Result<Option<AuditLink>, StoreError> {
        self.call().await?;
        let purged = self.inner.purge_audit_rows(organization_id, before, limit);
        purged.await
    }
}

#[async_trait]
impl SessionWrites for SimulatedTx {
    async fn insert_session(&mut self, session: &Session) -> Result<(), StoreError> {
        self.call().await?;
        self.inner.insert_session(session).await
    }

    async fn save_session(&mut self, session: &Session) -> Result<(), StoreError> {
        self.call().await?;
        if self.shared.is(Mutant::IgnoresRevisions) {
            let stored = self
                .inner
                .reads()
                .find_session_for_intake(&session.id)
                .await?;
            let revision = stored.map_or(session.revision, |stored| stored.revision + 1);
            let session = Session {
                revision,
                ..session.clone()
            };
            return self.inner.save_session(&session).await;
        }
        self.inner.save_session(session).await
    }

    async fn insert_attempt(&mut self, attempt: &RecordedAttempt) -> Result<(), StoreError> {
        self.call().await?;
        self.inner.insert_attempt(attempt).await
    }
}

#[async_trait]
impl EventWrites for SimulatedTx {
    async fn insert_events(&mut self, events: &[NewEvent]) -> Result<(), StoreError> {
        self.call().await?;
        self.inner.insert_events(events).await
    }
}

#[async_trait]
impl DeliveryWrites for SimulatedTx {
    async fn insert_deliveries(&mut self, deliveries: &[NewDelivery]) -> Result<(), StoreError> {
        self.call().await?;
        if self.shared.is(Mutant::FansOutTwice) {
            let entropy = SeededEntropy::new(self.shared.clock.now().unix_ms().unsigned_abs());
            let again: Vec<NewDelivery> = deliveries
                .iter()
                .map(|new| another(new, &entropy))
                .collect();
            self.inner.insert_deliveries(&again).await?;
        }
        if self.shared.is(Mutant::LosesEvents) && self.shared.choices.percent(10) {
            return Ok(());
        }
        self.inner.insert_deliveries(deliveries).await
    }

    async fn lock_delivery(
        &mut self,
        organization_id: OrganizationId,
        id: &DeliveryId,
    ) -> Result<Option<Delivery>, StoreError> {
        self.call().await?;
        self.inner.lock_delivery(organization_id, id).await
    }

    async fn lock_failed(
        &mut self,
        organization_id: OrganizationId,
        filter: &FailedFilter,
        after: Option<&FailedPlace>,
        limit: usize,
    ) -> Result<FailedPortion, StoreError> {
        self.call().await?;
        self.inner
            .lock_failed(organization_id, filter, after, limit)
            .await
    }

    async fn lock_deliveries_of_event(
        &mut self,
        organization_id: OrganizationId,
        event_id: &EventId,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.call().await?;
        let locked = self
            .inner
            .lock_deliveries_of_event(organization_id, event_id);
        locked.await
    }

    async fn lock_deliveries_of_session(
        &mut self,
        session_id: &SessionId,
    ) -> Result<Batch<(EventType, Delivery)>, StoreError> {
        self.call().await?;
        self.inner.lock_deliveries_of_session(session_id).await
    }

    async fn drop_deliveries_of_endpoint(
        &mut self,
        endpoint_id: &EndpointId,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.call().await?;
        self.inner
            .drop_deliveries_of_endpoint(endpoint_id, now)
            .await
    }

    async fn lock_expired_payloads(
        &mut self,
        now: Timestamp,
        portion: Portion,
    ) -> Result<Batch<Delivery>, StoreError> {
        self.call().await?;
        if self.shared.is(Mutant::SkipsTheScrub) {
            return Ok(Vec::new().into());
        }
        self.inner.lock_expired_payloads(now, portion).await
    }

    async fn erase_payloads(&mut self, unreadable: &[String]) -> Result<(), StoreError> {
        self.inner.erase_payloads(unreadable).await
    }

    async fn save_deliveries(&mut self, deliveries: &[Delivery]) -> Result<(), StoreError> {
        self.call().await?;
        if self.shared.is(Mutant::KeepsWhatWasWithdrawn) {
            let others: Vec<Delivery> = deliveries
                .iter()
                .filter(|delivery| !is_withdrawn(delivery))
                .cloned()
                .collect();
            return self.inner.save_deliveries(&others).await;
        }
        self.inner.save_deliveries(deliveries).await
    }

    async fn resume_deliveries(
        &mut self,
        organization_id: OrganizationId,
        scope: &ResumeScope,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        self.call().await?;
        if self.shared.is(Mutant::LeavesTheWaiting) {
            return Ok(0);
        }
        self.inner
            .resume_deliveries(organization_id, scope, now)
            .await
    }
}

/// Returns the same delivery under another id.
fn another(new: &NewDelivery, entropy: &dyn Entropy) -> NewDelivery {
    let id = DeliveryId::generate(new.delivery.created_at, entropy);
    let mut another = new.clone();
    if let Some(attempt) = &mut another.attempt {
        attempt.delivery_id = id.clone();
    }
    another.delivery.id = id;
    another
}

fn is_withdrawn(delivery: &Delivery) -> bool {
    match delivery.payload {
        Payload::Scrubbed { reason, .. } => reason == ScrubReason::PrivacyRequest,
        Payload::Stored { .. } => false,
    }
}
