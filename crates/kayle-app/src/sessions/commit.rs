//! Commits one step of a session: its new state, its attempt, its events and every delivery, in
//! one transaction, or nothing.
//!
//! Plaintext lives in [`Webhooks::draft`] only: between the step that says what the customer is
//! told and the encryption for each endpoint.

use kayle_delivery::fanout::{Birth, Encrypted, born, recipients};
use kayle_delivery::{self as delivery, CompactJwe, Delivery, Input};
use kayle_events::{Event, EventData, EventType, Plaintext, TriggerType};
use kayle_primitives::{AttemptId, DeliveryAttemptId, DeliveryId, EventId, Timestamp};
use kayle_sessions::{Session, Step};

use crate::Webhooks;
use crate::access::Caller;
use crate::audit::AuditEntry;
use crate::ports::store::{
    Caused, FanoutEndpoint, NewDelivery, RecordedAttempt, StoreError, StoreTx,
};

/// A step with what must be written beside it.
pub(crate) struct SessionChange<'a> {
    /// What the domain said.
    pub(crate) step: Step,
    /// The keyed hash of the report that caused it, if one did.
    pub(crate) fingerprint: Option<String>,
    /// What the audit log says of it, if a person or an API key caused it.
    pub(crate) audit: Option<(&'a Caller, AuditEntry<'a>)>,
}

impl SessionChange<'_> {
    /// Creates a change that nobody asked for by name: its events are its record.
    pub(crate) fn of(step: Step) -> Self {
        Self {
            step,
            fingerprint: None,
            audit: None,
        }
    }
}

/// Events with their deliveries, encrypted and ready to be written.
#[derive(Default)]
pub(crate) struct Draft {
    events: Vec<Event>,
    deliveries: Vec<NewDelivery>,
}

impl Webhooks {
    /// Commits a step, and wakes the dispatcher if there is something to send.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the session moved meanwhile: read it again and decide anew.
    pub(crate) async fn commit_step(
        &self,
        change: SessionChange<'_>,
        now: Timestamp,
    ) -> Result<Caused, StoreError> {
        let SessionChange {
            step:
                Step {
                    session,
                    attempt,
                    events,
                },
            fingerprint,
            audit,
        } = change;
        let endpoints = if events.is_empty() {
            Vec::new()
        } else {
            self.store
                .reads()
                .enabled_endpoints(session.organization_id)
                .await?
        };
        let attempt_id = attempt.as_ref().map(|attempt| &attempt.id);
        let draft = self.draft(&session, attempt_id, &events, &endpoints, now);
        let attempt = attempt.zip(fingerprint);

        let mut tx = self.store.begin().await?;
        tx.save_session(&session).await?;
        if session.is_suppressed() {
            // Takes the leases away too, so that nothing already claimed is sent (contract 6.7).
            let deliveries = tx.lock_deliveries_of_session(&session.id).await?;
            tx.save_deliveries(&scrubbed(&deliveries.items, now))
                .await?;
            tx.erase_payloads(&deliveries.unreadable).await?;
        }
        if let Some((attempt, fingerprint)) = attempt {
            tx.insert_attempt(&RecordedAttempt {
                attempt,
                fingerprint,
            })
            .await?;
        }
        draft.write(&mut *tx).await?;
        if let Some((caller, entry)) = audit {
            self.audit(&mut *tx, caller, entry).await?;
        }
        tx.commit().await?;
        Ok(self.committed(draft))
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
    pub(crate) fn committed(&self, draft: Draft) -> Caused {
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
pub(crate) fn scrubbed(deliveries: &[(EventType, Delivery)], now: Timestamp) -> Vec<Delivery> {
    deliveries
        .iter()
        .filter_map(|(_, delivery)| delivery::step(delivery, Input::Withdrawn, now).ok())
        .map(|step| step.delivery)
        .collect()
}

impl Draft {
    /// Writes the events and their deliveries.
    pub(crate) async fn write(&self, tx: &mut dyn StoreTx) -> Result<(), StoreError> {
        tx.insert_events(&self.events).await?;
        tx.insert_deliveries(&self.deliveries).await
    }
}
