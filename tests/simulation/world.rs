//! What a story is told in.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock};
use std::time::Duration;

use kayle_app::access::Caller;
use kayle_app::dispatch::Finished;
use kayle_app::encryption_keys::NewEncryptionKey;
use kayle_app::endpoints::NewEndpoint;
use kayle_app::sessions::AttemptReport;
use kayle_app::{Parts, Webhooks};
use kayle_endpoints::{EndpointUrl, KeyId, Labels, Retention, RetryScheduleName, Subscription};
use kayle_events::EventType;
use kayle_primitives::{Clock, EncryptionKeyId, EndpointId, OrganizationId, SessionId, Timestamp};
use kayle_testkit::builders::{key_ring, private_key};
use kayle_testkit::clock::MovedClock;
use kayle_testkit::entropy::SeededEntropy;
use kayle_testkit::store::MemoryStore;
use kayle_testkit::webhooks::test_settings;
use serde_json::json;
use strum::IntoEnumIterator;

use crate::choices::Choices;
use crate::history::{EndpointRecord, History};
use crate::mutant::Mutant;
use crate::network::Network;
use crate::pause::Pause;
use crate::store::{Shared, SimulatedStore};
use crate::tasks::Tasks;

/// Everything and everybody.
pub(crate) struct World {
    pub(crate) shared: Arc<Shared>,
    pub(crate) clock: Arc<MovedClock>,
    pub(crate) choices: Arc<Choices>,
    pub(crate) tasks: Tasks,
    pub(crate) network: Network,
    /// The API's process.
    pub(crate) webhooks: Webhooks,
    pub(crate) processes: Vec<Process>,
    pub(crate) known: RefCell<Known>,
    pub(crate) organization_id: OrganizationId,
    network_faults: Rc<Cell<bool>>,
}

/// A process that dispatches and sweeps.
pub(crate) struct Process {
    pub(crate) webhooks: Webhooks,
    /// Ended and not yet written; a crash forgets them.
    pub(crate) unsettled: RefCell<Vec<Finished>>,
}

/// What the callers of the API know.
#[derive(Default)]
pub(crate) struct Known {
    pub(crate) endpoints: Vec<EndpointId>,
    pub(crate) keys: Vec<EncryptionKeyId>,
    /// With their cancel tokens.
    pub(crate) sessions: Vec<(SessionId, String)>,
    pub(crate) reports: Vec<(SessionId, AttemptReport)>,
}

/// An operation fails here only through the store, which has no faults yet.
const NO_FAULTS: &str = "nothing fails before the story begins";

impl World {
    /// Creates an organization with two or three endpoints and as many processes.
    pub(crate) async fn new(seed: u64, mutant: Option<Mutant>, history: History) -> Rc<Self> {
        let clock = Arc::new(MovedClock::default());
        let choices = Arc::new(Choices::new(seed));
        let shared = Arc::new(Shared {
            memory: MemoryStore::default(),
            clock: Arc::clone(&clock),
            choices: Arc::clone(&choices),
            mutant,
            has_faults: AtomicBool::new(false),
            history: Mutex::new(history),
        });
        let entropy = Arc::new(SeededEntropy::new(seed));
        let webhooks = || webhooks(&shared, &clock, &entropy);
        let network_faults = Rc::new(Cell::new(true));
        let api = webhooks();
        let organization = api.create_organization("Example Ltd").await;
        let organization_id = organization.expect(NO_FAULTS).id;
        shared.history().organization_id = Some(organization_id);
        let world = Self {
            processes: (0..2 + choices.below(3))
                .map(|_| Process {
                    webhooks: webhooks(),
                    unsettled: RefCell::default(),
                })
                .collect(),
            webhooks: api,
            network: Network::new(Arc::clone(&shared), Rc::clone(&network_faults)),
            known: RefCell::default(),
            tasks: Tasks::default(),
            organization_id,
            clock,
            choices,
            shared,
            network_faults,
        };
        world.set_up_endpoints().await;
        Rc::new(world)
    }

    async fn set_up_endpoints(&self) {
        for number in 0..2 + self.choices.below(2) {
            let is_steady = number == 0;
            let new = self.new_endpoint(number, is_steady);
            let record = EndpointRecord {
                schedule: new.retry_schedule,
                is_steady,
                may_be_gone: false,
            };
            let caller = self.caller();
            let made = self.webhooks.create_endpoint(&caller, new).await;
            let id = made.expect(NO_FAULTS).endpoint.id;
            self.shared.history().endpoints.insert(id.clone(), record);
            let key = self
                .webhooks
                .register_encryption_key(&caller, &id, new_key())
                .await
                .expect(NO_FAULTS);
            let mut known = self.known.borrow_mut();
            if !is_steady {
                known.keys.push(key.id);
            }
            known.endpoints.push(id);
        }
    }

    fn new_endpoint(&self, number: usize, is_steady: bool) -> NewEndpoint {
        let retentions = [
            Retention::None,
            Retention::OneDay,
            Retention::ThreeDays,
            Retention::SevenDays,
        ];
        let schedules = [RetryScheduleName::Standard, RetryScheduleName::Short];
        let wants_all = is_steady || self.choices.percent(30);
        NewEndpoint {
            name: None,
            labels: Labels::from_stored(Vec::new()),
            url: EndpointUrl::from_stored(format!("https://hooks{number}.customer.example/")),
            enabled: true,
            subscription: if wants_all {
                Subscription::new(&EventType::iter().collect::<Vec<_>>())
            } else {
                Subscription::default()
            },
            retention: *self.choices.pick(&retentions).expect("there are four"),
            retry_schedule: *self.choices.pick(&schedules).expect("there are two"),
        }
    }

    /// Turns every fault but the endpoints' own on or off.
    pub(crate) fn set_faults(&self, are_on: bool) {
        self.shared.has_faults.store(are_on, Ordering::Relaxed);
        self.network_faults.set(are_on);
        self.shared.memory.fail_next(0);
    }

    pub(crate) fn caller(&self) -> Caller {
        Caller::system(self.organization_id)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Waits until the clock has come to a moment.
    pub(crate) async fn until(&self, at: Timestamp) {
        while self.now() < at {
            self.tasks.park(at);
            Pause::default().await;
        }
    }

    /// Waits this long.
    pub(crate) async fn pass(&self, duration: Duration) {
        self.until(self.now().plus(duration)).await;
    }

    pub(crate) fn trace(&self, line: impl FnOnce() -> String) {
        self.shared.history().trace(self.now(), line);
    }
}

fn webhooks(
    shared: &Arc<Shared>,
    clock: &Arc<MovedClock>,
    entropy: &Arc<SeededEntropy>,
) -> Webhooks {
    let store = Arc::new(SimulatedStore(Arc::clone(shared)));
    Webhooks::new(Parts {
        store: Arc::clone(&store) as _,
        queue: store,
        clock: Arc::clone(clock) as _,
        entropy: Arc::clone(entropy) as _,
        wakeup: Arc::default(),
        keys: key_ring(),
        settings: test_settings(),
    })
}

/// Returns the one public key that everything is encrypted for.
pub(crate) fn new_key() -> NewEncryptionKey {
    static MEMBERS: OnceLock<BTreeMap<&'static str, String>> = OnceLock::new();
    let members = MEMBERS.get_or_init(|| {
        let public = private_key().public_jwk_members();
        [("n", public.n), ("e", public.e)].into()
    });
    let jwk = json!({ "kty": "RSA", "n": members["n"], "e": members["e"] });
    NewEncryptionKey {
        key_id: KeyId::parse("2027").expect("it is short"),
        jwk: serde_json::from_value(jwk).expect("it is an object"),
        activate: true,
    }
}
