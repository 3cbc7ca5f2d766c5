//! The pre-flight checks of an attempt, in the contract's order (7.5): withdrawn, enabled, secret,
//! URL; and a last look at the lease, which a withdrawal takes away.

use std::collections::BTreeSet;

use kayle_crypto::{ExpectedProof, sha256_hex, signature_header};
use kayle_delivery::{AttemptOutcome, FailureReason, LeaseHolder, TestFindings, TestTrace};
use kayle_endpoints::{Endpoint, SigningSecret};
use kayle_primitives::{DeliveryId, EndpointId, Timestamp};

use super::claim::Claim;
use super::settle::{Finished, InFlight, Outcome};
use crate::Webhooks;
use crate::limits::LAST_LOOK_AGE_MAX;
use crate::ports::meter::{AttemptBegan, AttemptTurn, SecretFailure, WaitedFor};
use crate::ports::queue::{Claimed, ClaimedEndpoint};
use crate::ports::sender::SendRequest;

/// What the checks made of a claim.
#[derive(Debug, Default)]
pub struct Prepared {
    /// To be sent.
    pub to_send: Vec<ToSend>,
    /// Ended by a check: to be settled without a request.
    pub finished: Vec<Finished>,
}

/// A delivery that passed every check.
#[derive(Debug)]
pub struct ToSend {
    /// The request.
    pub request: SendRequest,
    /// What must be settled afterwards.
    pub in_flight: InFlight,
    /// When it was last certain that the delivery is leased to its claim.
    looked_at: Timestamp,
}

impl ToSend {
    /// Returns the endpoint that it goes to.
    pub fn endpoint_id(&self) -> &EndpointId {
        &self.in_flight.delivery.endpoint_id
    }
}

impl Webhooks {
    /// Checks every delivery of a claim. Those whose lease was taken away meanwhile are left
    /// alone: whoever took it has written their end. If the store cannot say whose they are,
    /// nothing is sent, and they are tried again.
    pub async fn prepare(&self, claim: Claim) -> Prepared {
        let holder = claim.holder.clone();
        let mut prepared = self.prepare_unseen(claim);
        if !prepared.to_send.is_empty() {
            self.look_again(&holder, &mut prepared).await;
        }
        prepared
    }

    /// Checks every delivery of a claim that was committed just now: nobody else has seen it.
    pub fn prepare_unseen(&self, claim: Claim) -> Prepared {
        let mut prepared = Prepared::default();
        for claimed in claim.deliveries {
            let mut in_flight = InFlight::new(&claimed, claim.holder.clone(), self.clock.now());
            match self.check(claimed) {
                Ok((request, test)) => {
                    in_flight.test = test;
                    prepared.to_send.push(ToSend {
                        request,
                        in_flight,
                        looked_at: claim.committed_at,
                    });
                }
                Err(outcome) => prepared.finished.push(self.finish(in_flight, outcome)),
            }
        }
        prepared
    }

    /// Looks again whether a delivery whose turn to be sent has come is leased to its claim, unless
    /// it was just looked at; `None` if the lease was taken away.
    ///
    /// # Errors
    /// The store cannot say: it is not sent, and this is its end.
    pub async fn recheck(&self, mut ready: ToSend) -> Result<Option<ToSend>, Box<Finished>> {
        let now = self.clock.now();
        let is_fresh = ready.looked_at <= now && now.since(ready.looked_at) <= LAST_LOOK_AGE_MAX;
        if !is_fresh {
            let holder = ready.in_flight.holder.clone();
            let mut prepared = Prepared {
                to_send: vec![ready],
                finished: Vec::new(),
            };
            self.look_again(&holder, &mut prepared).await;
            if let Some(unsent) = prepared.finished.pop() {
                return Err(Box::new(unsent));
            }
            let Some(still_leased) = prepared.to_send.pop() else {
                return Ok(None);
            };
            ready = still_leased;
        }
        ready.in_flight.started_at = self.clock.now();
        Ok(Some(ready))
    }

    /// Counts a delivery whose request begins, and what it waited for since it was due. Tests are
    /// not counted.
    pub fn count_request(&self, in_flight: &InFlight, waited_for: WaitedFor) {
        if in_flight.delivery.is_test {
            return;
        }
        self.meter.attempt_began(AttemptBegan {
            turn: AttemptTurn::after(in_flight.delivery.attempt_count),
            lag: in_flight.started_at.since(in_flight.due_at),
            waited_for,
        });
    }

    /// Leaves out what is no longer leased to its claim.
    async fn look_again(&self, holder: &LeaseHolder, prepared: &mut Prepared) {
        let now = self.clock.now();
        let ready = prepared.to_send.iter();
        let ids: Vec<DeliveryId> = ready
            .map(|ready| ready.request.delivery_id.clone())
            .collect();
        match self.queue.still_leased_to(holder, &ids).await {
            Ok(leased) => {
                let leased: BTreeSet<DeliveryId> = leased.into_iter().collect();
                prepared
                    .to_send
                    .retain(|ready| leased.contains(&ready.request.delivery_id));
                for ready in &mut prepared.to_send {
                    ready.looked_at = now;
                }
            }
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(error, "the store failed; nothing of the claim is sent");
                let unsent = prepared.to_send.drain(..);
                let unsent = unsent.map(|ready| self.finish(ready.in_flight, Outcome::Fault));
                prepared.finished.extend(unsent);
            }
        }
    }

    /// Returns the request, and what is kept of a test's.
    fn check(&self, claimed: Claimed) -> Result<(SendRequest, Option<TestTrace>), Outcome> {
        if claimed.session_suppressed && !claimed.event.event_type.outlives_withdrawal() {
            return Err(Outcome::Withdrawn);
        }
        let Some(claimed_endpoint) = &claimed.endpoint else {
            return Err(Outcome::EndpointDeleted);
        };
        let endpoint = &claimed_endpoint.endpoint;
        let is_frozen = claimed.organization_frozen;
        if claimed.delivery.is_test {
            if is_frozen {
                // Nobody waits for a test until its organization is thawed: it is dropped.
                return Err(Outcome::EndpointDeleted);
            }
        } else if is_frozen || !endpoint.is_enabled() {
            return Err(Outcome::Held);
        }
        let secret = self.open_secret(claimed_endpoint).map_err(|failure| {
            self.meter.secret_failed(failure);
            tracing::error!(
                endpoint.id = %endpoint.id,
                reason = failure.as_str(),
                "the signing secret cannot be opened"
            );
            match failure {
                // The operator gave this node too few keys: no attempt, and tried again.
                SecretFailure::UnknownKey => Outcome::Fault,
                SecretFailure::Missing | SecretFailure::NotAuthentic => Outcome::Attempted(
                    AttemptOutcome::NoAnswer(FailureReason::SigningSecretUnavailable),
                ),
            }
        })?;
        let url = endpoint.url.judge(&self.settings.url_policy).map_err(|refusal| {
            self.meter.url_refused(refusal);
            tracing::warn!(endpoint.id = %endpoint.id, reason = refusal.as_str(), "url refused");
            Outcome::Attempted(AttemptOutcome::UrlRejected)
        })?;
        let body = claimed.jwe.as_str().as_bytes();
        // Receivers compare it with their clocks.
        let signed_at = self.clock.wall();
        let test = claimed.event.challenge.as_ref().map(|_| TestTrace {
            signed_at_s: signed_at.unix_s(),
            body_bytes: body.len(),
            body_sha256: sha256_hex(body),
            findings: TestFindings::default(),
        });
        let challenge = claimed.event.challenge.as_ref();
        let event_id = &claimed.event.id;
        let request = SendRequest {
            url,
            delivery_id: claimed.delivery.id,
            event_type: claimed.event.event_type,
            signature: signature_header(secret.expose(), signed_at, body),
            expected_proof: challenge
                .map(|challenge| ExpectedProof::of(event_id, challenge.expose())),
            jwe: claimed.jwe,
        };
        Ok((request, test))
    }

    fn open_secret(&self, claimed: &ClaimedEndpoint) -> Result<SigningSecret, SecretFailure> {
        let Endpoint { id, .. } = &claimed.endpoint;
        let sealed = claimed.signing_secret.as_ref();
        let sealed = sealed.ok_or(SecretFailure::Missing)?;
        let opened = self.keys.open_signing_secret(id.as_str(), sealed)?;
        Ok(SigningSecret::from_opened(opened))
    }
}
