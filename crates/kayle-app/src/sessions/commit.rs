//! Commits one step of a session: its new state, its attempt, its events and every delivery, in
//! one transaction, or nothing.
//!
//! Plaintext lives in [`Webhooks::commit_step`] only: between the step that says what the customer
//! is told and the encryption for each endpoint.

use kayle_delivery::CompactJwe;
use kayle_delivery::fanout::{Birth, Encrypted, born, recipients};
use kayle_events::{Event, EventData, Plaintext, TriggerType};
use kayle_primitives::{DeliveryAttemptId, DeliveryId, EventId, Timestamp};
use kayle_sessions::{Session, Step};

use crate::Webhooks;
use crate::ports::store::{Caused, FanoutEndpoint, NewDelivery, RecordedAttempt, StoreError};

/// A step with what must be written beside it.
pub(crate) struct SessionChange {
    /// What the domain said.
    pub(crate) step: Step,
    /// The keyed hash of the report that caused it, if one did.
    pub(crate) fingerprint: Option<String>,
}

impl Webhooks {
    /// Commits a step, and wakes the dispatcher if there is something to send.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the session moved meanwhile: read it again and decide anew.
    pub(crate) async fn commit_step(
        &self,
        change: SessionChange,
        now: Timestamp,
    ) -> Result<Caused, StoreError> {
        let SessionChange { step, fingerprint } = change;
        let session = &step.session;
        let mut events = Vec::with_capacity(step.events.len());
        let mut deliveries = Vec::new();
        if !step.events.is_empty() {
            let endpoints = self
                .store
                .reads()
                .enabled_endpoints(session.organization_id)
                .await?;
            for data in &step.events {
                let event = self.event_of(data, &step, now);
                let made = self.fan_out(&event, data, session, &endpoints, now);
                // An attempt event is written only for those who subscribe to it (D1).
                if data.event_type().trigger_type() == TriggerType::Session || !made.is_empty() {
                    events.push(event);
                    deliveries.extend(made);
                }
            }
        }
        let attempt = step.attempt.zip(fingerprint);
        let attempt = attempt.map(|(attempt, fingerprint)| RecordedAttempt {
            attempt,
            fingerprint,
        });

        let mut tx = self.store.begin().await?;
        tx.save_session(&step.session).await?;
        if let Some(attempt) = &attempt {
            tx.insert_attempt(attempt).await?;
        }
        tx.insert_events(&events).await?;
        tx.insert_deliveries(&deliveries).await?;
        tx.commit().await?;

        if !deliveries.is_empty() {
            self.wakeup.wake();
        }
        Ok(Caused {
            events: events.into_iter().map(|event| event.id).collect(),
            deliveries: deliveries
                .into_iter()
                .map(|made| made.delivery.id)
                .collect(),
        })
    }

    fn event_of(&self, data: &EventData, step: &Step, now: Timestamp) -> Event {
        Event {
            id: EventId::generate(now, &*self.entropy),
            organization_id: step.session.organization_id,
            event_type: data.event_type(),
            session_id: step.session.id.clone(),
            attempt_id: step.attempt.as_ref().map(|attempt| attempt.id.clone()),
            created_at: now,
        }
    }

    fn fan_out(
        &self,
        event: &Event,
        data: &EventData,
        session: &Session,
        endpoints: &[FanoutEndpoint],
        now: Timestamp,
    ) -> Vec<NewDelivery> {
        let recipients = recipients(event, session.targets.as_slice(), endpoints);
        if recipients.is_empty() {
            return Vec::new();
        }
        let plaintext = data.to_plaintext(event);
        recipients
            .into_iter()
            .map(|recipient| {
                let (encrypted, jwe) = self.encrypt_for(recipient, &plaintext);
                let birth = Birth {
                    id: DeliveryId::generate(now, &*self.entropy),
                    attempt_id: DeliveryAttemptId::generate(now, &*self.entropy),
                };
                let endpoint = &recipient.endpoint;
                let schedule = self.settings.retry_schedules.named(endpoint.retry_schedule);
                let step = born(birth, event, endpoint, encrypted, schedule, now);
                NewDelivery {
                    delivery: step.delivery,
                    attempt: step.attempt,
                    jwe,
                }
            })
            .collect()
    }

    fn encrypt_for(
        &self,
        recipient: &FanoutEndpoint,
        plaintext: &Plaintext,
    ) -> (Encrypted, Option<CompactJwe>) {
        let Some(key) = &recipient.active_key else {
            return (Encrypted::NoActiveKey, None);
        };
        let jwe = self.public_keys.parsed(key).ok().and_then(|public_key| {
            public_key
                .encrypt(key.key_id.as_str(), plaintext.expose(), &*self.entropy)
                .ok()
        });
        if let Some(jwe) = jwe {
            return (Encrypted::With(key.id.clone()), Some(CompactJwe::new(jwe)));
        }
        tracing::error!(key.id = %key.id, "an event could not be encrypted");
        (Encrypted::Failed(key.id.clone()), None)
    }
}
