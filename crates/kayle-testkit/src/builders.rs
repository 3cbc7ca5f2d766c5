//! Things with sensible defaults, for tests to change: every field is public.
//!
//! What is made here is not stored; that is for [`Seed`](crate::seed::Seed).

use std::sync::Arc;
use std::time::Duration;

use kayle_app::access::{Actor, ApiKey, ApiKeyMetadata, ApiKeyName, Scope};
use kayle_app::audit::{AuditAction, AuditRow};
use kayle_app::ports::store::{NewDelivery, RecordedAttempt};
use kayle_crypto::{KeyRing, PrivateKey, PublicJwk, Sealed};
use kayle_delivery::fanout::{Birth, Encrypted};
use kayle_delivery::{CompactJwe, RetrySchedules};
use kayle_endpoints::{
    EncryptionKey, Endpoint, EndpointUrl, KeyId, Labels, Retention, RetryScheduleName,
    SigningSecret, Subscription,
};
use kayle_events::{Event, EventType, FailureCode};
use kayle_primitives::{
    ApiKeyId, AttemptId, AuditId, Clock, DeliveryAttemptId, DeliveryId, EncryptionKeyId,
    EndpointId, Entropy, EventId, Organization, OrganizationId, SessionId, Timestamp,
};
use kayle_sessions::{Attempt, AttemptOutcome, NewSession, Session, ShareContract, Targets};
use strum::IntoEnumIterator;

use crate::clock::MovedClock;
use crate::entropy::SeededEntropy;

/// The `key_id` of every key that [`Builders::encryption_key`] makes.
pub const KEY_ID: &str = "test-key-1";

/// The window of every session: an hour (contract 2.10).
const SESSION_LIFETIME: Duration = Duration::from_hours(1);

/// Any bytes of the right length: it protects nothing.
const SECRET_KEY: [u8; 32] = [7; 32];

/// Made for this file with `openssl genpkey`; it protects nothing.
const PRIVATE_KEY_PEM: &str = include_str!("builders/encryption_key.pem");

/// Makes things, dated by its clock and named by its entropy.
#[derive(Debug, Clone)]
pub struct Builders {
    /// Dates what is made.
    pub clock: Arc<MovedClock>,
    /// Names what is made.
    pub entropy: Arc<SeededEntropy>,
}

/// Returns the ring that [`Builders::sealed_secret`] seals with; every call gives the same keys.
pub fn key_ring() -> KeyRing {
    KeyRing::new(&SECRET_KEY, &[]).expect("32 bytes are enough")
}

/// Returns the private half of the key that [`Builders::encryption_key`] registers.
pub fn private_key() -> PrivateKey {
    PrivateKey::from_pkcs8_pem(PRIVATE_KEY_PEM).expect("OpenSSL made it")
}

impl Builders {
    /// Creates an organization in good standing.
    pub fn organization(&self) -> Organization {
        Organization {
            id: OrganizationId::generate(self.entropy()),
            name: "Example Ltd".to_owned(),
            pending_deletion_at: None,
            created_at: self.now(),
        }
    }

    /// Creates an enabled API key that may do everything.
    pub fn api_key(&self, organization: &Organization) -> ApiKey {
        ApiKey {
            id: ApiKeyId::generate(self.entropy()),
            organization_id: organization.id,
            name: ApiKeyName::parse("backend").expect("it is short"),
            enabled: true,
            scopes: Scope::iter().collect(),
            metadata: ApiKeyMetadata::default(),
            request_count: 0,
            created_at: self.now(),
            updated_at: self.now(),
        }
    }

    /// Makes the row at a place of an organization's audit log. Its hash is a text of its own,
    /// which no key made.
    pub fn audit_row(&self, organization: &Organization, sequence: u64) -> AuditRow {
        let id = AuditId::generate(self.now(), self.entropy());
        AuditRow {
            organization_id: organization.id,
            sequence,
            action: AuditAction::OrganizationCreated.as_str().to_owned(),
            actor: Actor::System,
            subject_id: organization.id.to_string(),
            details: serde_json::Map::new(),
            created_at: self.now(),
            hash: format!("hash of {id}"),
            id,
        }
    }

    /// Creates an enabled endpoint with the default subscription and a URL of its own.
    pub fn endpoint(&self, organization: &Organization) -> Endpoint {
        let id = EndpointId::generate(self.now(), self.entropy());
        Endpoint {
            name: None,
            labels: Labels::from_stored(Vec::new()),
            url: EndpointUrl::from_stored(format!("https://hooks.customer.example/{id}")),
            organization_id: organization.id,
            subscription: Subscription::default(),
            retention: Retention::default(),
            retry_schedule: RetryScheduleName::default(),
            created_at: self.now(),
            updated_at: self.now(),
            disabled_at: None,
            id,
        }
    }

    /// Creates a signing secret and seals it for the endpoint's row with [`key_ring`].
    pub fn sealed_secret(&self, endpoint: &Endpoint) -> Sealed {
        let secret = SigningSecret::generate(self.entropy());
        let row_id = endpoint.id.as_str();
        key_ring().seal_signing_secret(row_id, secret.expose(), self.entropy())
    }

    /// Creates an active key whose private half is [`private_key`].
    pub fn encryption_key(&self, endpoint: &Endpoint) -> EncryptionKey {
        let public = private_key().public_jwk_members();
        EncryptionKey {
            id: EncryptionKeyId::generate(self.now(), self.entropy()),
            organization_id: endpoint.organization_id,
            endpoint_id: endpoint.id.clone(),
            key_id: KeyId::parse(KEY_ID).expect("it is short"),
            jwk: PublicJwk {
                n: public.n,
                e: public.e,
            },
            created_at: self.now(),
            updated_at: self.now(),
            disabled_at: None,
            proof: None,
        }
    }

    /// Opens a session for every endpoint that shares the twelve static claims.
    pub fn session(&self, organization: &Organization) -> Session {
        let new = NewSession {
            id: SessionId::generate(self.now(), self.entropy()),
            organization_id: organization.id,
            share_contract: ShareContract::everything(),
            redirect_url: None,
            targets: Targets::EVERY_ENDPOINT,
            cancel_token_hash: key_ring().hash_cancel_token("a cancel token"),
        };
        Session::open(new, self.now(), SESSION_LIFETIME)
    }

    /// Creates a failed attempt after which the session is as it is given.
    pub fn attempt(&self, session: &Session) -> RecordedAttempt {
        RecordedAttempt {
            attempt: Attempt {
                id: AttemptId::generate(self.now(), self.entropy()),
                session_id: session.id.clone(),
                outcome: AttemptOutcome::Failed(FailureCode::LivenessFailed),
                progress: session.progress(),
                created_at: self.now(),
            },
            fingerprint: key_ring().fingerprint_attempt_report(session.id.as_str().as_bytes()),
        }
    }

    /// Creates an event that no attempt caused.
    pub fn event(&self, session: &Session, event_type: EventType) -> Event {
        Event {
            id: EventId::generate(self.now(), self.entropy()),
            organization_id: session.organization_id,
            event_type,
            session_id: session.id.clone(),
            attempt_id: None,
            created_at: self.now(),
            challenge: None,
        }
    }

    /// Creates a delivery that is due at once, with a payload that stands for a JWE: every delivery
    /// has another, and nobody can decrypt it.
    pub fn delivery(&self, event: &Event, endpoint: &Endpoint, key: &EncryptionKey) -> NewDelivery {
        let new = self.new_delivery(event, endpoint, Encrypted::With(key.id.clone()));
        NewDelivery {
            jwe: Some(CompactJwe::new(format!(
                "header.key.iv.{}.tag",
                new.delivery.id
            ))),
            ..new
        }
    }

    /// Creates a delivery that failed at birth for want of a key.
    pub fn stillborn_delivery(&self, event: &Event, endpoint: &Endpoint) -> NewDelivery {
        self.new_delivery(event, endpoint, Encrypted::NoActiveKey)
    }

    fn new_delivery(
        &self,
        event: &Event,
        endpoint: &Endpoint,
        encrypted: Encrypted,
    ) -> NewDelivery {
        let schedules = RetrySchedules::default();
        let birth = Birth {
            id: DeliveryId::generate(self.now(), self.entropy()),
            attempt_id: DeliveryAttemptId::generate(self.now(), self.entropy()),
            event,
            endpoint,
            encrypted,
            schedule: schedules.named(endpoint.retry_schedule),
            now: self.now(),
        };
        let step = birth.create();
        NewDelivery {
            delivery: step.delivery,
            attempt: step.attempt,
            jwe: None,
        }
    }

    /// Returns the moment at which things are made.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns the entropy as the port that most functions take.
    pub fn entropy(&self) -> &dyn Entropy {
        self.entropy.as_ref()
    }
}

impl Default for Builders {
    /// Starts with a clock and a seed that are the same in every run.
    fn default() -> Self {
        Self {
            clock: Arc::default(),
            entropy: Arc::new(SeededEntropy::new(1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use kayle_crypto::PublicKey;

    use super::*;

    #[test]
    fn what_is_encrypted_for_the_registered_key_is_decrypted_with_its_private_half() {
        let make = Builders::default();
        let endpoint = make.endpoint(&make.organization());
        let registered = make.encryption_key(&endpoint);
        let public = PublicKey::import(&registered.jwk.n, &registered.jwk.e).unwrap();
        let jwe = public.encrypt(KEY_ID, b"{}", make.entropy()).unwrap();
        let opened = private_key().decrypt(&jwe).unwrap();
        assert_eq!(opened.plaintext.as_slice(), b"{}");
    }

    #[test]
    fn a_sealed_secret_opens_for_its_endpoint() {
        let make = Builders::default();
        let endpoint = make.endpoint(&make.organization());
        let sealed = make.sealed_secret(&endpoint);
        let opened = key_ring().open_signing_secret(endpoint.id.as_str(), &sealed);
        assert!(opened.unwrap().starts_with("whsec_"));
    }
}
