//! The person redeems a session's cancel token (contract 3.9, 6.7, D4).

use std::collections::BTreeSet;
use std::iter;

use kayle_delivery::fanout::{PASSED_OVER_MAX, PassedOver, PassedOverReason};
use kayle_delivery::{Delivery, DeliveryStatus};
use kayle_events::EventType;
use kayle_primitives::{EndpointId, SessionId, Timestamp};
use kayle_sessions::cancel::StoredPayloads;
use kayle_sessions::{Received, Session, Withdrawal, withdraw};
use serde_json::json;

use crate::Webhooks;
use crate::access::Caller;
use crate::audit::AuditAction;
use crate::change::{unless_conflict, until_settled};
use crate::ports::meter::DeliveryEnd;
use crate::ports::store::{FanoutEndpoint, SessionStep, StoreError};
use crate::sessions::commit::{Draft, open_among, scrub_all};

/// The token was not redeemed.
#[derive(Debug, thiserror::Error)]
pub enum WithdrawError {
    /// There is no such session, or its organization is frozen.
    #[error("the session does not exist")]
    NotFound,
    /// The token is another one.
    #[error("the cancel token is not the session's")]
    TokenMismatch,
    /// The token was redeemed before, and the session has not ended.
    #[error("the cancel token was redeemed before")]
    TokenUsed,
    /// The store could not do it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Webhooks {
    /// Redeems a session's cancel token, once: what was not delivered is scrubbed, and endpoints
    /// that have not heard how the session ended are told that it was cancelled.
    pub async fn withdraw(&self, id: &SessionId, cancel_token: &str) -> Result<(), WithdrawError> {
        until_settled(|| async {
            let session = self.session_to_withdraw(id).await?;
            let hash = &session.cancel_token_hash;
            if !self.keys.verify_cancel_token(cancel_token, hash) {
                return Err(WithdrawError::TokenMismatch);
            }
            if session.withdrawn_at.is_some() {
                let has_ended = !session.state.is_active();
                return has_ended
                    .then_some(Some(()))
                    .ok_or(WithdrawError::TokenUsed);
            }
            let now = self.clock.now();
            let Some(session) = self.expire_if_overdue(session, now).await? else {
                return Ok(None);
            };
            Ok(unless_conflict(
                self.commit_withdrawal(&session, now).await,
            )?)
        })
        .await
    }

    async fn session_to_withdraw(&self, id: &SessionId) -> Result<Session, WithdrawError> {
        let reads = self.store.reads();
        let session = reads
            .find_session_for_intake(id)
            .await?
            .ok_or(WithdrawError::NotFound)?;
        let organization = reads.find_organization(session.organization_id).await?;
        match organization {
            Some(organization) if !organization.is_frozen() => Ok(session),
            Some(_) | None => Err(WithdrawError::NotFound),
        }
    }

    /// Locks the session's deliveries first: what each endpoint has received cannot change between
    /// the decision and its commit.
    async fn commit_withdrawal(&self, session: &Session, now: Timestamp) -> Result<(), StoreError> {
        let caller = Caller::system(session.organization_id);
        let mut tx = self.change(&caller).await?;
        let deliveries = tx.lock_deliveries_of_session(&session.id).await?;
        let told = told_how_it_ended(&deliveries.items);
        let mut endpoints = tx.reads().fanout_endpoints(session.organization_id).await?;
        endpoints.retain(|candidate| !told.contains(&candidate.endpoint.id));

        let received = received(session, &told, &endpoints);
        let Ok(withdrawal) = withdraw(session, received, now) else {
            return Err(StoreError::Conflict);
        };
        let Withdrawal {
            session,
            payloads,
            event,
        } = withdrawal;
        let withdrawn = match payloads {
            StoredPayloads::Scrub => open_among(deliveries.items.iter().map(|(_, it)| it)),
            StoredPayloads::Keep => Vec::new(),
        };
        let (scrubbed, unreadable) = match payloads {
            StoredPayloads::Scrub => (scrub_all(&deliveries.items, now), deliveries.unreadable),
            StoredPayloads::Keep => (Vec::new(), Vec::new()),
        };
        let lease = self.new_lease();
        let Draft {
            mut events,
            deliveries,
            handed_over,
        } = self.draft(&session, None, event.as_slice(), &endpoints, &lease, now);
        for new in &mut events {
            new.passed_over.extend(passed_over_as_told(&told));
            new.passed_over.truncate(PASSED_OVER_MAX);
        }
        let details =
            json!({ "scrubbed_deliveries": scrubbed.len(), "endpoints_told": told.len() });
        let step = SessionStep {
            session,
            attempt: None,
            events,
            deliveries,
        };
        if !tx.write_step(&step).await? {
            return Err(StoreError::Conflict);
        }
        tx.save_deliveries(&scrubbed).await?;
        tx.erase_payloads(&unreadable).await?;
        let action = AuditAction::PrivacyRequestSubmitted;
        tx.commit(action, step.session.id.as_str(), details).await?;
        self.note_ended(DeliveryEnd::Withdrawn, &withdrawn);
        self.note_committed(iter::once(&step));
        self.announce(handed_over, step);
        Ok(())
    }
}

/// Names the endpoints that received the session's own `succeeded` or `failed` event. Attempt
/// events of the older generation do not count (D1).
fn told_how_it_ended(deliveries: &[(EventType, Delivery)]) -> BTreeSet<EndpointId> {
    deliveries
        .iter()
        .filter(|(event_type, _)| event_type.tells_the_result())
        .filter(|(_, delivery)| delivery.status() == DeliveryStatus::Succeeded)
        .map(|(_, delivery)| delivery.endpoint_id.clone())
        .collect()
}

/// Returns the endpoints that are not told of the withdrawal.
fn passed_over_as_told(told: &BTreeSet<EndpointId>) -> impl Iterator<Item = PassedOver> {
    told.iter().map(|endpoint_id| PassedOver {
        endpoint_id: endpoint_id.clone(),
        reason: PassedOverReason::Withdrawn,
    })
}

fn received(
    session: &Session,
    told: &BTreeSet<EndpointId>,
    not_told: &[FanoutEndpoint],
) -> Received {
    let owed = not_told.iter().any(|candidate| {
        let endpoint = &candidate.endpoint;
        session.targets.include(&endpoint.id) && endpoint.wants(EventType::SessionCancelled)
    });
    match (told.is_empty(), owed) {
        (true, _) => Received::ByNobody,
        (false, true) => Received::BySome,
        (false, false) => Received::ByAll,
    }
}
