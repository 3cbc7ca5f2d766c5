//! Everything the service can do, as one value that adapters call.

use std::sync::Arc;
use std::time::Duration;

use kayle_crypto::{IdentityKey, KeyRing};
use kayle_delivery::RetrySchedules;
use kayle_endpoints::UrlPolicy;
use kayle_primitives::{Clock, Entropy, Timestamp};

use crate::access::ApiKeyUsage;
use crate::activity::Tally;
use crate::change::AuditedStore;
use crate::dispatch::handover::Handover;
use crate::ports::meter::{Meter, NoMeter};
use crate::ports::queue::DeliveryQueue;
use crate::ports::store::Store;
use crate::ports::wakeup::Wakeup;
use crate::quotas::{OpenSessions, Quotas};
use crate::service_tokens::{Revocations, ServiceTokenUsage};
use crate::sessions::intake::Intake;
use crate::sessions::public_keys::PublicKeys;

/// The operations. A caller can call them and reach nothing behind them.
pub struct Webhooks {
    pub(crate) store: AuditedStore,
    pub(crate) queue: Arc<dyn DeliveryQueue>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
    pub(crate) wakeup: Arc<Wakeup>,
    pub(crate) keys: KeyRing,
    pub(crate) settings: Settings,
    pub(crate) public_keys: PublicKeys,
    pub(crate) usage: ApiKeyUsage,
    pub(crate) service_token_usage: ServiceTokenUsage,
    pub(crate) revocations: Revocations,
    pub(crate) tally: Tally,
    pub(crate) identity_key: Option<IdentityKey>,
    pub(crate) intake: Intake,
    pub(crate) handover: Handover,
    pub(crate) meter: Arc<dyn Meter>,
    pub(crate) open_sessions: OpenSessions,
}

/// What [`Webhooks`] is made of.
pub struct Parts {
    /// Keeps everything.
    pub store: Arc<dyn Store>,
    /// The same store as the dispatcher sees it.
    pub queue: Arc<dyn DeliveryQueue>,
    /// Says what time it is.
    pub clock: Arc<dyn Clock>,
    /// Source of randomness.
    pub entropy: Arc<dyn Entropy>,
    /// Tells the dispatcher of new deliveries.
    pub wakeup: Arc<Wakeup>,
    /// The operator's secret keys.
    pub keys: KeyRing,
    /// What the operator chose.
    pub settings: Settings,
}

/// What the operator chose (contract 13.2).
#[derive(Debug, Clone)]
pub struct Settings {
    /// Which URLs deliveries may go to.
    pub url_policy: UrlPolicy,
    /// When deliveries are tried again.
    pub retry_schedules: RetrySchedules,
    /// How long a session's window is.
    pub session_lifetime: Duration,
    /// How long a dispatcher holds a delivery; longer than any attempt.
    pub lease: Duration,
    /// How much one organization may have.
    pub quotas: Quotas,
}

impl Webhooks {
    /// Puts the parts together.
    pub fn new(parts: Parts) -> Self {
        Self {
            store: AuditedStore::new(parts.store),
            queue: parts.queue,
            clock: parts.clock,
            entropy: parts.entropy,
            wakeup: parts.wakeup,
            keys: parts.keys,
            settings: parts.settings,
            public_keys: PublicKeys::default(),
            usage: ApiKeyUsage::default(),
            service_token_usage: ServiceTokenUsage::default(),
            revocations: Revocations::default(),
            tally: Tally::default(),
            identity_key: None,
            intake: Intake::default(),
            handover: Handover::default(),
            meter: Arc::new(NoMeter),
            open_sessions: OpenSessions::default(),
        }
    }

    /// Accepts dashboard sessions of an identity service too, not only those that an operator made.
    #[must_use]
    pub fn trusting(self, identity_key: IdentityKey) -> Self {
        Self {
            identity_key: Some(identity_key),
            ..self
        }
    }

    /// Counts what happens by a meter.
    #[must_use]
    pub fn metered_by(self, meter: Arc<dyn Meter>) -> Self {
        Self { meter, ..self }
    }

    /// Returns what counts what happens.
    pub fn meter(&self) -> &dyn Meter {
        &*self.meter
    }

    /// Returns the present moment, by the clock that all operations use.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns the present moment for what erases by age; `None` while the clocks disagree about
    /// it.
    pub fn certain_now(&self) -> Option<Timestamp> {
        self.clock.certain_now()
    }
}
