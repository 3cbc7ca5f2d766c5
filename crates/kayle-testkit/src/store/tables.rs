//! What is kept, in the order of the ids.

use std::collections::BTreeMap;

use kayle_app::access::ApiKey;
use kayle_app::audit::{AuditChain, AuditRow};
use kayle_app::ports::store::{
    ActivityKey, KeyChallenge, Node, RecordedAttempt, RetiredKey, ServiceToken, SignInLink,
    StoreError,
};
use kayle_crypto::Sealed;
use kayle_delivery::activity::Activity;
use kayle_delivery::fanout::PassedOver;
use kayle_delivery::{Attempt, CompactJwe, Delivery, Payload};
use kayle_endpoints::{EncryptionKey, Endpoint};
use kayle_events::Event;
use kayle_primitives::{
    AttemptId, DeliveryId, EncryptionKeyId, EndpointId, EventId, Organization, OrganizationId,
    ServiceTokenId, SessionId, Timestamp,
};
use kayle_sessions::Session;
use uuid::Uuid;

#[derive(Clone, Default)]
pub(super) struct Tables {
    pub(super) organizations: BTreeMap<OrganizationId, Organization>,
    /// By the hash of the plaintext.
    pub(super) api_keys: BTreeMap<String, ApiKeyRow>,
    pub(super) endpoints: BTreeMap<EndpointId, EndpointRow>,
    /// Places in a list that can still be gone on from.
    pub(super) deleted_endpoints: BTreeMap<EndpointId, Endpoint>,
    pub(super) encryption_keys: BTreeMap<EncryptionKeyId, EncryptionKey>,
    pub(super) key_challenges: BTreeMap<EncryptionKeyId, KeyChallenge>,
    pub(super) sessions: BTreeMap<SessionId, Session>,
    pub(super) attempts: BTreeMap<AttemptId, RecordedAttempt>,
    pub(super) events: BTreeMap<EventId, EventRow>,
    pub(super) deliveries: BTreeMap<DeliveryId, DeliveryRow>,
    /// By the place in the organization's chain.
    pub(super) audit_rows: BTreeMap<(OrganizationId, u64), AuditRow>,
    pub(super) audit_chains: BTreeMap<OrganizationId, AuditChain>,
    pub(super) nodes: BTreeMap<Uuid, Node>,
    pub(super) retired_keys: BTreeMap<String, RetiredKey>,
    pub(super) activity: BTreeMap<ActivityKey, Activity>,
    pub(super) service_tokens: BTreeMap<ServiceTokenId, ServiceToken>,
    /// By the hash of the code.
    pub(super) sign_in_links: BTreeMap<String, SignInRow>,
}

#[derive(Clone)]
pub(super) struct ApiKeyRow {
    pub(super) key: ApiKey,
    /// The id of the secret key that the hash was made with.
    pub(super) key_id: Option<String>,
}

#[derive(Clone)]
pub(super) struct SignInRow {
    pub(super) link: SignInLink,
    pub(super) used_at: Option<Timestamp>,
}

#[derive(Clone)]
pub(super) struct EndpointRow {
    pub(super) endpoint: Endpoint,
    pub(super) signing_secret: Option<Sealed>,
}

#[derive(Clone)]
pub(super) struct EventRow {
    pub(super) event: Event,
    pub(super) passed_over: Vec<PassedOver>,
    /// Counts the events in the order they were added: two of one moment have ids in any order.
    pub(super) ordinal: usize,
}

#[derive(Clone)]
pub(super) struct DeliveryRow {
    pub(super) delivery: Delivery,
    pub(super) jwe: Option<CompactJwe>,
    /// In the order they were made.
    pub(super) attempts: Vec<Attempt>,
}

impl Tables {
    /// Returns the endpoint if it is the organization's.
    pub(super) fn endpoint(
        &self,
        organization_id: OrganizationId,
        id: &EndpointId,
    ) -> Option<&EndpointRow> {
        let row = self.endpoints.get(id)?;
        (row.endpoint.organization_id == organization_id).then_some(row)
    }

    /// Returns the delivery if it is the organization's.
    pub(super) fn delivery(
        &self,
        organization_id: OrganizationId,
        id: &DeliveryId,
    ) -> Option<&DeliveryRow> {
        let row = self.deliveries.get(id)?;
        (row.delivery.organization_id == organization_id).then_some(row)
    }

    /// Returns the deliveries of an event, in the order of their ids.
    pub(super) fn deliveries_of(&self, event_id: &EventId) -> impl Iterator<Item = &Delivery> {
        self.deliveries
            .values()
            .map(|row| &row.delivery)
            .filter(move |delivery| delivery.event_id == *event_id)
    }

    /// Returns whether a deletion of the organization is pending.
    pub(super) fn is_frozen(&self, id: OrganizationId) -> bool {
        self.organizations
            .get(&id)
            .is_some_and(Organization::is_frozen)
    }
}

impl DeliveryRow {
    /// Replaces the delivery; a scrubbed payload loses its bytes.
    pub(super) fn save(&mut self, delivery: &Delivery) {
        self.delivery = delivery.clone();
        match delivery.payload {
            Payload::Stored { .. } => {}
            Payload::Scrubbed { .. } => self.jwe = None,
        }
    }
}

/// Adds a row whose key must be free.
pub(super) fn insert_new<K: Ord, V>(
    table: &mut BTreeMap<K, V>,
    key: K,
    row: V,
) -> Result<(), StoreError> {
    if table.contains_key(&key) {
        return Err(StoreError::Conflict);
    }
    table.insert(key, row);
    Ok(())
}
