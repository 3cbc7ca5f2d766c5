//! Commits steps of sessions: of each its new state, its attempt, its events and every delivery, or
//! nothing. Many are written together, and none fails because of another.
//!
//! Plaintext lives in [`Webhooks::draft`] only: between the step that says what the customer is
//! told and the encryption for each endpoint.

use std::collections::{BTreeMap, BTreeSet};

use kayle_delivery::fanout::{Birth, Encrypted, passed_over, recipients};
use kayle_delivery::{
    self as delivery, CompactJwe, Delivery, DeliveryState, DeliveryStatus, Input, Lease,
};
use kayle_events::{Event, EventData, EventType, FailureCode, Plaintext, TriggerType};
use kayle_primitives::{
    AttemptId, DeliveryAttemptId, DeliveryId, EventId, OrganizationId, Timestamp,
};
use kayle_sessions::{Attempt, AttemptOutcome, Session, Step};
use serde_json::json;

use crate::Webhooks;
use crate::access::Caller;
use crate::audit::{AuditAction, AuditEntry};
use crate::change::unless_conflict;
use crate::dispatch::{Claim, HandedOver};
use crate::ports::meter::DeliveryEnd;
use crate::ports::queue::{Claimed, ClaimedEndpoint};
use crate::ports::store::{
    Caused, FanoutEndpoint, NewDelivery, NewEvent, RecordedAttempt, SessionStep, StoreError,
    StoreTx,
};

/// A step of a session that was decided and not written yet.
pub(crate) struct DecidedStep {
    pub(crate) step: Step,
    /// The keyed hash of the report that caused it, if one did.
    pub(crate) fingerprint: Option<String>,
}

/// What came of a step: what it caused, or `None` if the session moved meanwhile and must be read
/// again.
pub(crate) type Committed = Result<Option<Caused>, StoreError>;

/// A step with everything that must be written of it, encrypted and ready.
pub(crate) struct ReadyStep {
    pub(crate) step: SessionStep,
    pub(crate) handed_over: Vec<HandedOver>,
    now: Timestamp,
}

/// Events with their deliveries, encrypted and ready to be written.
#[derive(Default)]
pub(crate) struct Draft {
    pub(crate) events: Vec<NewEvent>,
    pub(crate) deliveries: Vec<NewDelivery>,
    pub(crate) handed_over: Vec<HandedOver>,
}

impl From<Step> for DecidedStep {
    fn from(step: Step) -> Self {
        Self {
            step,
            fingerprint: None,
        }
    }
}

impl Webhooks {
    /// Commits a step that no caller asked for by name.
    pub(crate) async fn commit_step(&self, step: Step, now: Timestamp) -> Committed {
        let mut committed = self.commit_steps(vec![step.into()], now).await?;
        committed.pop().unwrap_or(Ok(None))
    }

    /// Commits steps of different sessions that no caller asked for by name, and sends what is to
    /// be sent; tells, in order, what came of each.
    ///
    /// # Errors
    /// The store can do nothing at present: none was committed.
    pub(crate) async fn commit_steps(
        &self,
        steps: Vec<DecidedStep>,
        now: Timestamp,
    ) -> Result<Vec<Committed>, StoreError> {
        let told = steps
            .iter()
            .filter(|decided| !decided.step.events.is_empty());
        let organizations = told.map(|decided| decided.step.session.organization_id);
        let endpoints = self.endpoints_to_tell(organizations.collect()).await?;
        let lease = self.new_lease();
        let ready: Vec<ReadyStep> = steps
            .into_iter()
            .map(|decided| self.make_ready(decided, &endpoints, &lease, now))
            .collect();
        let written = self.write_together(&ready).await?;
        let committed = ready.iter().zip(&written);
        let committed = committed.filter(|(_, written)| matches!(written, Ok(true)));
        self.note_committed(committed.map(|(ready, _)| &ready.step));
        let announced = ready.into_iter().zip(written).map(|(ready, written)| {
            written.map(|written| written.then(|| self.announce(ready.handed_over, ready.step)))
        });
        Ok(announced.collect())
    }

    /// Reads the endpoints that may have to be told what happened.
    pub(crate) async fn endpoints_to_tell(
        &self,
        organizations: BTreeSet<OrganizationId>,
    ) -> Result<BTreeMap<OrganizationId, Vec<FanoutEndpoint>>, StoreError> {
        if organizations.is_empty() {
            return Ok(BTreeMap::new());
        }
        let reads = self.store.reads();
        reads.fanout_endpoints_of(&organizations).await
    }

    /// Writes steps with one transaction, or one by one if the store does not take them together:
    /// then only those fail that are at fault.
    async fn write_together(
        &self,
        ready: &[ReadyStep],
    ) -> Result<Vec<Result<bool, StoreError>>, StoreError> {
        let is_plain = |ready: &&ReadyStep| {
            !ready.step.session.is_suppressed() && ready.failed_check().is_none()
        };
        let plain = ready.iter().filter(is_plain).map(|ready| &ready.step);
        let plain: Vec<&SessionStep> = plain.collect();
        let together = match &*plain {
            [] => Some(Vec::new()),
            [_, ..] => match self.store.write_steps(&plain).await {
                Ok(written) => Some(written),
                Err(StoreError::Conflict | StoreError::Corrupt { .. }) => None,
                Err(error @ StoreError::Unavailable(_)) => return Err(error),
            },
        };
        let mut together = together.map(Vec::into_iter);
        let mut written = Vec::with_capacity(ready.len());
        for ready in ready {
            let known = match &mut together {
                Some(together) if is_plain(&ready) => together.next(),
                Some(_) | None => None,
            };
            written.push(match known {
                Some(written) => Ok(written),
                None => self.write_alone(ready).await,
            });
        }
        Ok(written)
    }

    async fn write_alone(&self, ready: &ReadyStep) -> Result<bool, StoreError> {
        let write = async {
            let mut tx = self.store.unaudited().await?;
            let withdrawn = ready.write(&mut *tx).await?;
            if let Some((attempt, code)) = ready.failed_check() {
                self.audit_failed_check(&mut *tx, &ready.step.session, attempt, code)
                    .await?;
            }
            tx.commit().await?;
            self.note_ended(DeliveryEnd::Withdrawn, &withdrawn);
            Ok(())
        };
        Ok(unless_conflict(write.await)?.is_some())
    }

    async fn audit_failed_check(
        &self,
        tx: &mut dyn StoreTx,
        session: &Session,
        attempt: &Attempt,
        code: FailureCode,
    ) -> Result<(), StoreError> {
        let caller = Caller::system(session.organization_id);
        let entry = AuditEntry {
            action: AuditAction::CheckFailed,
            subject_id: session.id.as_str(),
            details: json!({ "attempt_id": attempt.id.as_str(), "failure_code": code.as_str() }),
        };
        self.audit(tx, &caller, entry).await
    }

    /// Makes the events of a step and encrypts them, before any transaction: nobody waits for it.
    /// What is handed over is leased by `lease`.
    pub(crate) fn make_ready(
        &self,
        decided: DecidedStep,
        endpoints: &BTreeMap<OrganizationId, Vec<FanoutEndpoint>>,
        lease: &Lease,
        now: Timestamp,
    ) -> ReadyStep {
        let DecidedStep { step, fingerprint } = decided;
        let Step {
            session,
            attempt,
            events,
        } = step;
        let endpoints = endpoints.get(&session.organization_id);
        let endpoints = endpoints.map(Vec::as_slice).unwrap_or_default();
        let attempt_id = attempt.as_ref().map(|attempt| &attempt.id);
        let draft = self.draft(&session, attempt_id, &events, endpoints, lease, now);
        let recorded = attempt.zip(fingerprint);
        let attempt = recorded.map(|(attempt, fingerprint)| RecordedAttempt {
            attempt,
            fingerprint,
        });
        ReadyStep {
            step: SessionStep {
                session,
                attempt,
                events: draft.events,
                deliveries: draft.deliveries,
            },
            handed_over: draft.handed_over,
            now,
        }
    }

    /// Makes the events that `data` tells, and a delivery of each for everyone among `endpoints`
    /// who wants it.
    pub(crate) fn draft(
        &self,
        session: &Session,
        attempt_id: Option<&AttemptId>,
        data: &[EventData],
        endpoints: &[FanoutEndpoint],
        lease: &Lease,
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
                challenge: None,
            };
            let recipients = recipients(&event, session.targets.as_slice(), endpoints);
            // An attempt event is written only for those who subscribe to it (D1).
            let is_written = event.trigger_type() == TriggerType::Session;
            if recipients.is_empty() && !is_written {
                continue;
            }
            if !recipients.is_empty() {
                let plaintext = data.to_plaintext(&event);
                for recipient in recipients {
                    let mut new = self.deliver(&event, recipient, &plaintext, now);
                    let handed_over = self.lease_new(&mut new, session, &event, recipient, lease);
                    draft.handed_over.extend(handed_over);
                    draft.deliveries.push(new);
                }
            }
            draft.events.push(NewEvent {
                passed_over: passed_over(&event, session.targets.as_slice(), endpoints),
                event,
            });
        }
        draft
    }

    /// Sends what was committed, or wakes whoever sends it, and names what there was.
    pub(crate) fn announce(&self, handed_over: Vec<HandedOver>, step: SessionStep) -> Caused {
        let waits = |new: &NewDelivery| matches!(new.delivery.state, DeliveryState::Pending { .. });
        if step.deliveries.iter().any(waits) {
            self.wakeup.wake();
        }
        self.handover.hand_over(handed_over, self.clock.now());
        Caused {
            events: step.events.into_iter().map(|new| new.event.id).collect(),
            deliveries: step
                .deliveries
                .into_iter()
                .map(|made| made.delivery.id)
                .collect(),
        }
    }

    /// Creates the delivery of an event to one of its recipients.
    pub(crate) fn deliver(
        &self,
        event: &Event,
        recipient: &FanoutEndpoint,
        plaintext: &Plaintext,
        now: Timestamp,
    ) -> NewDelivery {
        let (encrypted, jwe) = self.encrypt_for(recipient, plaintext);
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
    }

    /// Leases a new delivery to this process, if it is due and its dispatcher has room for it.
    fn lease_new(
        &self,
        new: &mut NewDelivery,
        session: &Session,
        event: &Event,
        recipient: &FanoutEndpoint,
        lease: &Lease,
    ) -> Option<HandedOver> {
        let now = event.created_at;
        let due_at = match new.delivery.state {
            DeliveryState::Pending { due_at } if due_at <= now => due_at,
            DeliveryState::Pending { .. }
            | DeliveryState::Held { .. }
            | DeliveryState::Delivering { .. }
            | DeliveryState::Succeeded
            | DeliveryState::Failed => return None,
        };
        if recipient.organization_frozen {
            return None;
        }
        let jwe = new.jwe.clone()?;
        let reservation = self.handover.reserve(&recipient.endpoint)?;
        let claimed = Input::Claimed {
            lease: lease.clone(),
        };
        new.delivery = delivery::step(&new.delivery, claimed, now).ok()?.delivery;
        let claimed = Claimed {
            delivery: new.delivery.clone(),
            due_at,
            event: event.clone(),
            jwe,
            endpoint: Some(ClaimedEndpoint {
                endpoint: recipient.endpoint.clone(),
                signing_secret: recipient.signing_secret.clone(),
            }),
            session_suppressed: session.is_suppressed(),
            organization_frozen: recipient.organization_frozen,
        };
        Some(HandedOver {
            claim: Claim {
                holder: lease.holder.clone(),
                deliveries: vec![claimed],
                committed_at: now,
            },
            reservation,
        })
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

/// Returns the deliveries that had not ended.
pub(crate) fn open_among<'a>(deliveries: impl Iterator<Item = &'a Delivery>) -> Vec<Delivery> {
    let open = deliveries.filter(|delivery| match delivery.status() {
        DeliveryStatus::Pending | DeliveryStatus::Delivering => true,
        DeliveryStatus::Succeeded | DeliveryStatus::Failed => false,
    });
    open.cloned().collect()
}

impl ReadyStep {
    /// Returns the attempt and why it failed, if the session goes on all the same.
    fn failed_check(&self) -> Option<(&Attempt, FailureCode)> {
        let attempt = &self.step.attempt.as_ref()?.attempt;
        match attempt.outcome {
            AttemptOutcome::Failed(code) if self.step.session.state.is_active() => {
                Some((attempt, code))
            }
            AttemptOutcome::Failed(_) | AttemptOutcome::Succeeded => None,
        }
    }

    /// Writes the session, its attempt, its events and their deliveries; returns the older
    /// deliveries that it ended, as they were.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the session moved meanwhile.
    pub(crate) async fn write(&self, tx: &mut dyn StoreTx) -> Result<Vec<Delivery>, StoreError> {
        // Looked for before the step adds some that stay.
        let before = if self.step.session.is_suppressed() {
            Some(tx.lock_deliveries_of_session(&self.step.session.id).await?)
        } else {
            None
        };
        if !tx.write_step(&self.step).await? {
            return Err(StoreError::Conflict);
        }
        let mut ended = Vec::new();
        if let Some(deliveries) = before {
            ended = open_among(deliveries.items.iter().map(|(_, delivery)| delivery));
            // Takes the leases away too, so that nothing already claimed is sent (contract 6.7).
            tx.save_deliveries(&scrub_all(&deliveries.items, self.now))
                .await?;
            tx.erase_payloads(&deliveries.unreadable).await?;
        }
        Ok(ended)
    }
}
