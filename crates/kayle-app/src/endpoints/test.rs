//! Sends a test to an endpoint (contract 14.1): an event about nobody, on the ordinary way.

use std::time::Duration;

use kayle_crypto::draw_challenge;
use kayle_events::{Challenge, Event, EventData, EventType, TriggerType};
use kayle_primitives::Timestamp;
use kayle_primitives::{AttemptId, DeliveryId, EncryptionKeyId, EndpointId, EventId, SessionId};
use serde_json::json;

use crate::Webhooks;
use crate::access::Caller;
use crate::audit::AuditAction;
use crate::limits::TESTS_PER_MINUTE_MAX;
use crate::ports::store::{FanoutEndpoint, StoreError};
use crate::quotas::TooMany;

/// What is to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewTest {
    /// The type; the endpoint need not subscribe to it.
    pub event_type: EventType,
    /// The key of the endpoint to encrypt with, active or not; `None` means the active one.
    pub key_id: Option<EncryptionKeyId>,
}

/// No test was sent.
#[derive(Debug, thiserror::Error)]
pub enum TestEndpointError {
    /// The organization has no such endpoint.
    #[error("the endpoint does not exist")]
    NotFound,
    /// The endpoint has no such key.
    #[error("the encryption key does not exist")]
    KeyNotFound,
    /// Too many were sent within a minute.
    #[error(transparent)]
    TooMany(#[from] TooMany),
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

const MINUTE: Duration = Duration::from_mins(1);

impl Webhooks {
    /// Makes a test for an endpoint, enabled or not, and wakes the dispatcher. Without a key it is
    /// recorded as failed, as any event would be.
    pub async fn test_endpoint(
        &self,
        caller: &Caller,
        endpoint_id: &EndpointId,
        new: NewTest,
    ) -> Result<DeliveryId, TestEndpointError> {
        let recipient = self.recipient_of_test(caller, endpoint_id, &new).await?;
        let now = self.clock.now();
        let event = Event {
            id: EventId::generate(now, &*self.entropy),
            organization_id: caller.organization_id,
            event_type: new.event_type,
            session_id: SessionId::nobodys(),
            attempt_id: match new.event_type.trigger_type() {
                TriggerType::Attempt => Some(AttemptId::nobodys()),
                TriggerType::Session | TriggerType::Test => None,
            },
            created_at: now,
            challenge: Some(Challenge::new(draw_challenge(&*self.entropy))),
        };
        let plaintext = EventData::sample(new.event_type).to_plaintext(&event);
        let delivery = self.deliver(&event, &recipient, &plaintext, now);
        let delivery_id = delivery.delivery.id.clone();
        let mut tx = self.change(caller).await?;
        let locked = tx
            .lock_endpoint(caller.organization_id, endpoint_id)
            .await?;
        if locked.is_none() {
            return Err(TestEndpointError::NotFound);
        }
        let since = now.minus(MINUTE);
        let latest = tx.reads();
        let latest = latest.tests_since(endpoint_id, since, TESTS_PER_MINUTE_MAX);
        check_pace(&latest.await?, now)?;
        tx.insert_events(&[event.into()]).await?;
        tx.insert_deliveries(&[delivery]).await?;
        let details = json!({
            "webhook_delivery_id": delivery_id.as_str(),
            "event_type": new.event_type.as_str(),
        });
        tx.commit(AuditAction::EndpointTested, endpoint_id.as_str(), details)
            .await?;
        self.wakeup.wake();
        Ok(delivery_id)
    }

    /// Reads the endpoint with the key that the test is encrypted with.
    async fn recipient_of_test(
        &self,
        caller: &Caller,
        endpoint_id: &EndpointId,
        new: &NewTest,
    ) -> Result<FanoutEndpoint, TestEndpointError> {
        let (reads, organization_id) = (self.store.reads(), caller.organization_id);
        let endpoints = reads.fanout_endpoints(organization_id).await?;
        let mut endpoints = endpoints.into_iter();
        let found = endpoints.find(|found| found.endpoint.id == *endpoint_id);
        let found = found.ok_or(TestEndpointError::NotFound)?;
        let Some(key_id) = &new.key_id else {
            return Ok(found);
        };
        let key = reads.find_encryption_key(organization_id, endpoint_id, key_id);
        let key = key.await?.ok_or(TestEndpointError::KeyNotFound)?;
        Ok(FanoutEndpoint {
            active_key: Some(key),
            unreadable_key: None,
            ..found
        })
    }
}

/// Fails if as many tests as possible were sent within the last minute; `latest` are those, the
/// newest first.
fn check_pace(latest: &[Timestamp], now: Timestamp) -> Result<(), TooMany> {
    match latest.get(TESTS_PER_MINUTE_MAX - 1) {
        Some(oldest) => Err(TooMany {
            what: "tests of this endpoint within a minute",
            max: TESTS_PER_MINUTE_MAX,
            retry_after: oldest.plus(MINUTE).since(now),
        }),
        None => Ok(()),
    }
}
