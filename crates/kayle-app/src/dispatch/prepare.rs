//! The pre-flight checks of an attempt, in the contract's order (7.5): withdrawn, enabled, secret,
//! URL; and a last look at the lease, which a withdrawal takes away.

use std::collections::BTreeSet;

use kayle_crypto::signature_header;
use kayle_delivery::{AttemptOutcome, FailureReason};
use kayle_endpoints::{Endpoint, SigningSecret};
use kayle_primitives::DeliveryId;

use super::claim::Claim;
use super::settle::{Finished, InFlight, Outcome};
use crate::Webhooks;
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
}

impl Webhooks {
    /// Checks every delivery of a claim. Those whose lease was taken away meanwhile are left
    /// alone: whoever took it has written their end. If the store cannot say whose they are,
    /// nothing is sent, and they are tried again.
    pub async fn prepare(&self, claim: Claim) -> Prepared {
        let mut prepared = Prepared::default();
        for claimed in claim.deliveries {
            let in_flight = InFlight::new(&claimed, claim.holder.clone(), self.clock.now());
            match self.check(claimed) {
                Ok(request) => prepared.to_send.push(ToSend { request, in_flight }),
                Err(outcome) => prepared.finished.push(self.finish(in_flight, outcome)),
            }
        }
        if prepared.to_send.is_empty() {
            return prepared;
        }
        match self.queue.still_leased_to(&claim.holder).await {
            Ok(leased) => {
                let leased: BTreeSet<DeliveryId> = leased.into_iter().collect();
                prepared
                    .to_send
                    .retain(|ready| leased.contains(&ready.request.delivery_id));
            }
            Err(error) => {
                let error: &(dyn std::error::Error + 'static) = &error;
                tracing::warn!(error, "the store failed; nothing of the claim is sent");
                let unsent = prepared.to_send.drain(..);
                let unsent = unsent.map(|ready| self.finish(ready.in_flight, Outcome::Fault));
                prepared.finished.extend(unsent);
            }
        }
        prepared
    }

    fn check(&self, claimed: Claimed) -> Result<SendRequest, Outcome> {
        if claimed.session_suppressed && !claimed.event.event_type.outlives_withdrawal() {
            return Err(Outcome::Withdrawn);
        }
        let Some(claimed_endpoint) = &claimed.endpoint else {
            return Err(Outcome::EndpointDeleted);
        };
        let endpoint = &claimed_endpoint.endpoint;
        if !endpoint.is_enabled() || claimed.organization_frozen {
            return Err(Outcome::Held);
        }
        let secret = self.open_secret(claimed_endpoint).ok_or_else(|| {
            tracing::error!(endpoint.id = %endpoint.id, "the signing secret cannot be opened");
            Outcome::Attempted(AttemptOutcome::NoAnswer(
                FailureReason::SigningSecretUnavailable,
            ))
        })?;
        let url = endpoint.url.judge(&self.settings.url_policy).map_err(|refusal| {
            tracing::warn!(endpoint.id = %endpoint.id, reason = refusal.as_str(), "url refused");
            Outcome::Attempted(AttemptOutcome::UrlRejected)
        })?;
        let body = claimed.jwe.as_str().as_bytes();
        Ok(SendRequest {
            url,
            delivery_id: claimed.delivery.id,
            event_type: claimed.event.event_type,
            // Receivers compare it with their clocks.
            signature: signature_header(secret.expose(), self.clock.wall(), body),
            jwe: claimed.jwe,
        })
    }

    fn open_secret(&self, claimed: &ClaimedEndpoint) -> Option<SigningSecret> {
        let Endpoint { id, .. } = &claimed.endpoint;
        let sealed = claimed.signing_secret.as_ref()?;
        let opened = self.keys.open_signing_secret(id.as_str(), sealed).ok()?;
        Some(SigningSecret::from_opened(opened))
    }
}
