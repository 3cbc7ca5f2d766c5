//! The operations on top of the doubles.

use std::sync::Arc;
use std::time::Duration;

use kayle_app::ports::queue::DeliveryQueue;
use kayle_app::ports::store::Store;
use kayle_app::ports::wakeup::Wakeup;
use kayle_app::quotas::Quotas;
use kayle_app::{Parts, Settings, Webhooks};
use kayle_delivery::RetrySchedules;
use kayle_endpoints::{AllowedNetworks, Environment, UrlPolicy};

use crate::builders::{Builders, key_ring};
use crate::clock::MovedClock;
use crate::entropy::SeededEntropy;
use crate::meter::CountingMeter;
use crate::seed::Seed;
use crate::sender::ScriptedSender;
use crate::store::MemoryStore;

/// The operations, and every double that they or their callers work with.
pub struct TestWebhooks {
    /// What is tested.
    pub webhooks: Arc<Webhooks>,
    /// The store and the queue.
    pub store: Arc<MemoryStore>,
    /// The clock of the operations and of [`Self::seed`].
    pub clock: Arc<MovedClock>,
    /// The entropy of the operations and of [`Self::seed`].
    pub entropy: Arc<SeededEntropy>,
    /// Woken by the operations.
    pub wakeup: Arc<Wakeup>,
    /// For a dispatcher; the operations never send.
    pub sender: Arc<ScriptedSender>,
    /// Told of what happens.
    pub meter: Arc<CountingMeter>,
    /// Stores things without going through an operation.
    pub seed: Seed,
}

/// Returns the operations with [`test_settings`], an empty store and [`key_ring`].
pub fn test_webhooks() -> TestWebhooks {
    test_webhooks_with(test_settings())
}

/// Returns the operations with other settings.
pub fn test_webhooks_with(settings: Settings) -> TestWebhooks {
    let store = Arc::new(MemoryStore::default());
    let wakeup = Arc::new(Wakeup::default());
    let make = Builders::default();
    let (clock, entropy) = (Arc::clone(&make.clock), Arc::clone(&make.entropy));
    let webhooks = Webhooks::new(Parts {
        store: Arc::clone(&store) as Arc<dyn Store>,
        queue: Arc::clone(&store) as Arc<dyn DeliveryQueue>,
        clock: Arc::clone(&clock) as _,
        entropy: Arc::clone(&entropy) as _,
        wakeup: Arc::clone(&wakeup),
        keys: key_ring(),
        settings,
    });
    let meter = Arc::new(CountingMeter::default());
    TestWebhooks {
        webhooks: Arc::new(webhooks.metered_by(Arc::clone(&meter) as _)),
        seed: Seed {
            make,
            store: Arc::clone(&store) as _,
        },
        store,
        clock,
        entropy,
        wakeup,
        meter,
        sender: Arc::default(),
    }
}

/// Returns what an operator gets who chooses nothing in production (contract 13.2).
pub fn test_settings() -> Settings {
    Settings {
        url_policy: UrlPolicy {
            environment: Environment::Production,
            allowed: AllowedNetworks::default(),
        },
        retry_schedules: RetrySchedules::default(),
        session_lifetime: Duration::from_hours(1),
        lease: Duration::from_mins(1),
        quotas: Quotas::default(),
    }
}
