//! Things with sensible defaults, stored: each method is one transaction.

use std::sync::Arc;

use kayle_app::ports::store::{NewDelivery, NewEvent, Store, StoreTx};
use kayle_delivery::Delivery;
use kayle_endpoints::{EncryptionKey, Endpoint, EndpointUrl};
use kayle_events::{Event, EventType};
use kayle_primitives::Organization;
use kayle_sessions::Session;

use crate::builders::Builders;

/// Makes things and stores them.
#[derive(Clone)]
pub struct Seed {
    /// Makes them.
    pub make: Builders,
    /// Keeps them.
    pub store: Arc<dyn Store>,
}

/// An endpoint with all that a delivery to it needs.
#[derive(Debug, Clone)]
pub struct Subscriber {
    /// Whose it is.
    pub organization: Organization,
    /// The endpoint.
    pub endpoint: Endpoint,
    /// Its active key.
    pub key: EncryptionKey,
}

const AVAILABLE: &str = "the store takes what a test gives it";

impl Seed {
    /// Begins a transaction.
    pub async fn begin(&self) -> Box<dyn StoreTx> {
        self.store.begin().await.expect(AVAILABLE)
    }

    /// Stores an organization in good standing.
    pub async fn organization(&self) -> Organization {
        let organization = self.make.organization();
        let mut tx = self.begin().await;
        tx.insert_organization(&organization)
            .await
            .expect(AVAILABLE);
        tx.commit().await.expect(AVAILABLE);
        organization
    }

    /// Stores an enabled endpoint of `organization` with an active key.
    pub async fn subscriber(&self, organization: &Organization) -> Subscriber {
        self.subscriber_with(self.make.endpoint(organization), organization)
            .await
    }

    /// Stores one with this URL.
    pub async fn subscriber_at(&self, organization: &Organization, url: &str) -> Subscriber {
        let endpoint = Endpoint {
            url: EndpointUrl::from_stored(url.to_owned()),
            ..self.make.endpoint(organization)
        };
        self.subscriber_with(endpoint, organization).await
    }

    async fn subscriber_with(&self, endpoint: Endpoint, organization: &Organization) -> Subscriber {
        self.endpoint(&endpoint).await;
        let key = self.make.encryption_key(&endpoint);
        self.key(&key).await;
        Subscriber {
            organization: organization.clone(),
            endpoint,
            key,
        }
    }

    /// Stores an endpoint with a sealed secret of its own.
    pub async fn endpoint(&self, endpoint: &Endpoint) {
        let secret = self.make.sealed_secret(endpoint);
        let mut tx = self.begin().await;
        tx.insert_endpoint(endpoint, &secret)
            .await
            .expect(AVAILABLE);
        tx.commit().await.expect(AVAILABLE);
    }

    /// Registers a key; its endpoint must be stored.
    pub async fn key(&self, key: &EncryptionKey) {
        let mut tx = self.begin().await;
        let registered = tx.register_encryption_key(key).await.expect(AVAILABLE);
        assert!(registered, "the endpoint is stored");
        tx.commit().await.expect(AVAILABLE);
    }

    /// Stores a session.
    pub async fn session(&self, session: &Session) {
        let mut tx = self.begin().await;
        tx.insert_session(session).await.expect(AVAILABLE);
        tx.commit().await.expect(AVAILABLE);
    }

    /// Stores events; their session must be stored.
    pub async fn events(&self, events: &[Event]) {
        let mut tx = self.begin().await;
        let events: Vec<NewEvent> = events.iter().cloned().map(NewEvent::from).collect();
        tx.insert_events(&events).await.expect(AVAILABLE);
        tx.commit().await.expect(AVAILABLE);
    }

    /// Stores deliveries; their events, endpoints and keys must be stored.
    pub async fn deliveries(&self, deliveries: &[NewDelivery]) {
        let mut tx = self.begin().await;
        tx.insert_deliveries(deliveries).await.expect(AVAILABLE);
        tx.commit().await.expect(AVAILABLE);
    }

    /// Stores a session that has just expired, with its event.
    pub async fn event(&self, organization: &Organization) -> Event {
        let session = self.make.session(organization);
        self.session(&session).await;
        let event = self.make.event(&session, EventType::SessionExpired);
        self.events(std::slice::from_ref(&event)).await;
        event
    }

    /// Stores a delivery of a fresh event that is due at once.
    pub async fn delivery(&self, subscriber: &Subscriber) -> Delivery {
        let event = self.event(&subscriber.organization).await;
        let new = self
            .make
            .delivery(&event, &subscriber.endpoint, &subscriber.key);
        self.deliveries(std::slice::from_ref(&new)).await;
        new.delivery
    }

    /// Stores many deliveries, each of a fresh event, that are due at once.
    pub async fn backlog(&self, subscriber: &Subscriber, count: usize) {
        let mut events = Vec::new();
        let mut deliveries = Vec::new();
        let mut tx = self.begin().await;
        for _ in 0..count {
            let session = self.make.session(&subscriber.organization);
            tx.insert_session(&session).await.expect(AVAILABLE);
            let event = self.make.event(&session, EventType::SessionExpired);
            let (endpoint, key) = (&subscriber.endpoint, &subscriber.key);
            deliveries.push(self.make.delivery(&event, endpoint, key));
            events.push(event.into());
        }
        tx.insert_events(&events).await.expect(AVAILABLE);
        tx.insert_deliveries(&deliveries).await.expect(AVAILABLE);
        tx.commit().await.expect(AVAILABLE);
    }
}
