//! Commits one step of a session: its new state, its attempt, its events and every delivery, in
//! one transaction, or nothing.
//!
//! Plaintext lives in [`Webhooks::draft`] only: between the step that says what the customer is
//! told and the encryption for each endpoint.

use kayle_delivery::fanout::{Birth, Encrypted, recipients};
use kayle_delivery::{self as delivery, CompactJwe, Delivery, Input};
use kayle_events::{Event, EventData, EventType, Plaintext, TriggerType};
use kayle_primitives::{AttemptId, DeliveryAttemptId, DeliveryId, EventId, Timestamp};
use kayle_sessions::{Session, Step};

use crate::Webhooks;
use crate::change::unless_conflict;
use crate::ports::store::{
    Caused, FanoutEndpoint, NewDelivery, RecordedAttempt, StoreError, StoreTx,
};

/// A step with everything that must be written of it, encrypted and ready.
pub(crate) struct ReadyStep {
    pub(crate) session: Session,
    pub(crate) draft: Draft,
    attempt: Option<RecordedAttempt>,
    now: Timestamp,
}

/// Events with their deliveries, encrypted and ready to be written.
#[derive(Default)]
pub(crate) struct Draft {
    events: Vec<Event>,
    deliveries: Vec<NewDelivery>,
}

impl Webhooks {
    /// Commits a step that no caller asked for by name, and wakes the dispatcher if there is
    /// something to send; `None` if the session moved meanwhile: then it must be read again.
    ///
    /// `fingerprint` is the keyed hash of the report that caused it, if one did.
    pub(crate) async fn commit_step(
        &self,
        step: Step,
        fingerprint: Option<String>,
        now: Timestamp,
    ) -> Result<Option<Caused>, StoreError> {
        let ready = self.make_ready(step, fingerprint, now).await?;
        match unless_conflict(self.write_alone(&ready).await)? {
            Some(()) => Ok(Some(self.announce(ready.draft))),
            None => Ok(None),
        }
    }

    async fn write_alone(&self, ready: &ReadyStep) -> Result<(), StoreError> {
        let mut tx = self.store.unaudited().await?;
        ready.write(&mut *tx).await?;
        tx.commit().await
    }

    /// Makes the events of a step and encrypts them, before any transaction: nobody waits for it.
    pub(crate) async fn make_ready(
        &self,
        step: Step,
        fingerprint: Option<String>,
        now: Timestamp,
    ) -> Result<ReadyStep, StoreError> {
        let Step {
            session,
            attempt,
            events,
        } = step;
        let endpoints = if events.is_empty() {
            Vec::new()
        } else {
            let reads = self.store.reads();
            reads.enabled_endpoints(session.organization_id).await?
        };
        let attempt_id = attempt.as_ref().map(|attempt| &attempt.id);
        let draft = self.draft(&session, attempt_id, &events, &endpoints, now);
        let recorded = attempt.zip(fingerprint);
        Ok(ReadyStep {
            session,
            draft,
            attempt: recorded.map(|(attempt, fingerprint)| RecordedAttempt {
                attempt,
                fingerprint,
            }),
            now,
        })
    }

    /// Makes the events that `data` tells, and a delivery of each for everyone among `endpoints`
    /// who wants it.
    pub(crate) fn draft(
        &self,
        session: &Session,
        attempt_id: Option<&AttemptId>,
        data: &[EventData],
        endpoints: &[FanoutEndpoint],
        now: Timestamp,
    ) -> Draft {
        let mut draft = Draft::default();
        for data in data {
            let event = Event {
                id: EventId::generate(now, &*self.entropy),
                organization_id: session.organization_id,
                event_type: data.event_type(),
                session_id: session.id.clone(),
                attempt_id: attempt_id.cloned(),
                created_at: now,
            };
            let deliveries = self.fan_out(&event, data, session, endpoints, now);
            // An attempt event is written only for those who subscribe to it (D1).
            if event.event_type.trigger_type() == TriggerType::Session || !deliveries.is_empty() {
                draft.events.push(event);
                draft.deliveries.extend(deliveries);
            }
        }
        draft
    }

    /// Wakes the dispatcher for a draft that was committed, and names what it held.
    pub(crate) fn announce(&self, draft: Draft) -> Caused {
        if !draft.deliveries.is_empty() {
            self.wakeup.wake();
        }
        Caused {
            events: draft.events.into_iter().map(|event| event.id).collect(),
            deliveries: draft
                .deliveries
                .into_iter()
                .map(|made| made.delivery.id)
                .collect(),
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
                let endpoint = &recipient.endpoint;
                let birth = Birth {
                    id: DeliveryId::generate(now, &*self.entropy),
                    attempt_id: DeliveryAttemptId::generate(now, &*self.entropy),
                    event,
                    endpoint,
                    encrypted,
                    schedule: self.settings.retry_schedules.named(endpoint.retry_schedule),
                    now,
                };
                let step = birth.create();
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
            let unreadable = recipient.unreadable_key.clone();
            return (
                unreadable.map_or(Encrypted::NoActiveKey, Encrypted::Failed),
                None,
            );
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

/// Returns what a withdrawal, or the end of a cancelled session, makes of its deliveries: those
/// that still store a payload lose it.
pub(crate) fn scrub_all(deliveries: &[(EventType, Delivery)], now: Timestamp) -> Vec<Delivery> {
    deliveries
        .iter()
        .filter_map(|(_, delivery)| delivery::step(delivery, Input::Withdrawn, now).ok())
        .map(|step| step.delivery)
        .collect()
}

impl ReadyStep {
    /// Writes the session, its attempt, its events and their deliveries.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the session moved meanwhile.
    pub(crate) async fn write(&self, tx: &mut dyn StoreTx) -> Result<(), StoreError> {
        tx.save_session(&self.session).await?;
        if self.session.is_suppressed() {
            // Takes the leases away too, so that nothing already claimed is sent (contract 6.7).
            let deliveries = tx.lock_deliveries_of_session(&self.session.id).await?;
            tx.save_deliveries(&scrub_all(&deliveries.items, self.now))
                .await?;
            tx.erase_payloads(&deliveries.unreadable).await?;
        }
        if let Some(attempt) = &self.attempt {
            tx.insert_attempt(attempt).await?;
        }
        self.draft.write(tx).await
    }
}

impl Draft {
    /// Writes the events and their deliveries.
    pub(crate) async fn write(&self, tx: &mut dyn StoreTx) -> Result<(), StoreError> {
        tx.insert_events(&self.events).await?;
        tx.insert_deliveries(&self.deliveries).await
    }
}
