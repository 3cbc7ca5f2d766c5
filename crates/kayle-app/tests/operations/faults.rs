//! A store that fails in the middle of an operation: nothing is half-written, and the same
//! operation goes through afterwards.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use kayle_app::Webhooks;
use kayle_app::access::ApiKey;
use kayle_app::api_keys::ApiKeyChange;
use kayle_app::encryption_keys::NewEncryptionKey;
use kayle_app::endpoints::NewEndpoint;
use kayle_app::ports::store::{ApiKeyHash, Reads, Store, StoreError, StoreTx};
use kayle_app::sessions::NewSessionRequest;
use kayle_delivery::Delivery;
use kayle_endpoints::{
    EndpointChange, EndpointUrl, KeyId, Labels, Retention, RetryScheduleName, Subscription,
};
use kayle_events::EventType;
use kayle_primitives::{AttemptId, Organization};
use kayle_sessions::{Session, ShareContract, Targets};
use kayle_testkit::builders::{key_ring, private_key};
use kayle_testkit::seed::Subscriber;
use kayle_testkit::store::MemoryStore;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};
use serde_json::json;
use strum::IntoEnumIterator;

use crate::world::{
    attempt_id, caller_of, claims, everything, session, subscriber_to, succeeded, under,
    webhooks_over,
};

/// Fails at one of its steps: a read, the begin of a transaction, or the first use of it.
struct FailingStore {
    memory: Arc<MemoryStore>,
    steps_until_fault: AtomicUsize,
}

impl FailingStore {
    /// Takes a step; the one that the countdown ends at makes the next call fail.
    fn step(&self) {
        let before =
            self.steps_until_fault
                .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                    left.checked_sub(1)
                });
        if before == Ok(1) {
            self.memory.fail_next(1);
        }
    }

    /// Returns whether the countdown has not ended: the operation has fewer steps.
    fn was_spared(&self) -> bool {
        0 < self.steps_until_fault.swap(0, Ordering::SeqCst)
    }
}

#[async_trait]
impl Store for FailingStore {
    fn reads(&self) -> &dyn Reads {
        self.step();
        self.memory.reads()
    }

    async fn begin(&self) -> Result<Box<dyn StoreTx>, StoreError> {
        self.step();
        let tx = self.memory.begin().await?;
        self.step();
        Ok(tx)
    }
}

#[derive(Debug, Clone, Copy)]
enum Operation {
    CreateEndpoint,
    RegisterKey,
    CreateSession,
    Begin,
    Report,
    Cancel,
    Expire,
    Retry,
    Replay,
    Freeze,
    Unfreeze,
    UpdateEndpoint,
    DeleteEndpoint,
    RotateSecret,
    RevealSecret,
    DeactivateKey,
    ReactivateKey,
    Withdraw,
    UpdateApiKey,
    DeleteApiKey,
}

impl Operation {
    const ALL: [Self; 20] = [
        Self::CreateEndpoint,
        Self::RegisterKey,
        Self::CreateSession,
        Self::Begin,
        Self::Report,
        Self::Cancel,
        Self::Expire,
        Self::Retry,
        Self::Replay,
        Self::Freeze,
        Self::Unfreeze,
        Self::UpdateEndpoint,
        Self::DeleteEndpoint,
        Self::RotateSecret,
        Self::RevealSecret,
        Self::DeactivateKey,
        Self::ReactivateKey,
        Self::Withdraw,
        Self::UpdateApiKey,
        Self::DeleteApiKey,
    ];
}

struct Scene {
    kit: TestWebhooks,
    store: Arc<FailingStore>,
    webhooks: Webhooks,
    subscriber: Subscriber,
    session: Session,
    delivery: Delivery,
    api_key: ApiKey,
    attempt_id: AttemptId,
}

impl Scene {
    async fn of(operation: Operation) -> Self {
        let kit = test_webhooks();
        let organization = kit.seed.organization().await;
        let subscriber =
            subscriber_to(&kit, &organization, &EventType::iter().collect::<Vec<_>>()).await;
        let session = session(&kit, &organization).await;
        let delivery = kit.seed.delivery(&subscriber).await;
        if matches!(operation, Operation::Expire) {
            kit.clock.set(session.expires_at);
        }
        let store = Arc::new(FailingStore {
            memory: Arc::clone(&kit.store),
            steps_until_fault: AtomicUsize::new(0),
        });
        Self {
            webhooks: webhooks_over(&kit, Arc::clone(&store) as _, key_ring()),
            attempt_id: attempt_id(&kit),
            api_key: stored_api_key(&kit, &organization).await,
            kit,
            store,
            subscriber,
            session,
            delivery,
        }
    }

    /// Runs the operation; the error is what a caller would read.
    #[expect(clippy::too_many_lines, reason = "one arm for each operation")]
    async fn run(&self, operation: Operation) -> Result<(), String> {
        let webhooks = &self.webhooks;
        let organization = self.subscriber.organization.id;
        let session = &self.session.id;
        match operation {
            Operation::CreateEndpoint => {
                let caller = caller_of(organization);
                let created = webhooks.create_endpoint(&caller, new_endpoint());
                told(created.await)
            }
            Operation::RegisterKey => {
                let endpoint = &self.subscriber.endpoint.id;
                told(
                    webhooks
                        .register_encryption_key(&caller_of(organization), endpoint, new_key())
                        .await,
                )
            }
            Operation::CreateSession => {
                let targets = Targets::new(vec![self.subscriber.endpoint.id.clone()]);
                let request = NewSessionRequest {
                    share_contract: ShareContract::everything(),
                    redirect_url: None,
                    targets: targets.expect("one target"),
                };
                told(
                    webhooks
                        .create_session(&caller_of(organization), request)
                        .await,
                )
            }
            Operation::Begin => told(webhooks.begin_session(session).await),
            Operation::Report => {
                let report = under(&self.attempt_id, succeeded(claims([])));
                told(webhooks.report_attempt(session, report).await)
            }
            Operation::Cancel => told(
                webhooks
                    .cancel_session(&caller_of(organization), session)
                    .await,
            ),
            Operation::Expire => told(webhooks.get_session(organization, session).await),
            Operation::Retry => told(
                webhooks
                    .retry_delivery(&caller_of(organization), &self.delivery.id)
                    .await,
            ),
            Operation::Replay => told(
                webhooks
                    .replay_event(&caller_of(organization), &self.delivery.event_id)
                    .await,
            ),
            Operation::Freeze => told(webhooks.freeze_organization(organization).await),
            Operation::Unfreeze => told(webhooks.unfreeze_organization(organization).await),
            Operation::Withdraw => told(webhooks.withdraw(session, "a cancel token").await),
            Operation::UpdateEndpoint => {
                let enabled = EndpointChange {
                    enabled: Some(true),
                    ..EndpointChange::default()
                };
                told(
                    webhooks
                        .update_endpoint(
                            &caller_of(organization),
                            &self.subscriber.endpoint.id,
                            enabled,
                        )
                        .await,
                )
            }
            Operation::DeleteEndpoint => told(
                webhooks
                    .delete_endpoint(&caller_of(organization), &self.subscriber.endpoint.id)
                    .await,
            ),
            Operation::RotateSecret => told(
                webhooks
                    .rotate_signing_secret(&caller_of(organization), &self.subscriber.endpoint.id)
                    .await,
            ),
            Operation::RevealSecret => told(
                webhooks
                    .reveal_signing_secret(&caller_of(organization), &self.subscriber.endpoint.id)
                    .await,
            ),
            Operation::DeactivateKey => told(
                webhooks
                    .deactivate_encryption_key(&caller_of(organization), &self.subscriber.key.id)
                    .await,
            ),
            Operation::ReactivateKey => told(
                webhooks
                    .reactivate_encryption_key(&caller_of(organization), &self.subscriber.key.id)
                    .await,
            ),
            Operation::UpdateApiKey => {
                let change = ApiKeyChange {
                    enabled: Some(false),
                    ..ApiKeyChange::default()
                };
                let id = self.api_key.id;
                told(
                    webhooks
                        .update_api_key(&caller_of(organization), id, change)
                        .await,
                )
            }
            Operation::DeleteApiKey => told(
                webhooks
                    .delete_api_key(&caller_of(organization), self.api_key.id)
                    .await,
            ),
        }
    }
}

async fn stored_api_key(kit: &TestWebhooks, organization: &Organization) -> ApiKey {
    let key = kit.seed.make.api_key(organization);
    let mut tx = kit.seed.begin().await;
    let hash = ApiKeyHash {
        hash: key_ring().hash_api_key("kk_any"),
        key_id: None,
    };
    let inserted = tx.insert_api_key(&key, &hash).await;
    inserted.expect("the store is well");
    tx.commit().await.expect("the store is well");
    key
}

fn told<T, E: ToString>(result: Result<T, E>) -> Result<(), String> {
    result.map(drop).map_err(|error| error.to_string())
}

fn new_endpoint() -> NewEndpoint {
    NewEndpoint {
        name: None,
        labels: Labels::from_stored(Vec::new()),
        url: EndpointUrl::from_stored("https://hooks.customer.example/".to_owned()),
        enabled: true,
        subscription: Subscription::default(),
        retention: Retention::default(),
        retry_schedule: RetryScheduleName::default(),
    }
}

fn new_key() -> NewEncryptionKey {
    let public = private_key().public_jwk_members();
    let jwk = json!({ "kty": "RSA", "n": public.n, "e": public.e });
    NewEncryptionKey {
        key_id: KeyId::parse("2027").expect("it is short"),
        jwk: serde_json::from_value(jwk).expect("it is an object"),
        activate: true,
    }
}

#[tokio::test]
async fn whichever_step_fails_nothing_is_left_behind_and_the_next_try_goes_through() {
    for operation in Operation::ALL {
        for step in 1.. {
            let scene = Scene::of(operation).await;
            let organization = scene.subscriber.organization.id;
            let before = everything(&scene.kit, organization).await;
            scene.store.steps_until_fault.store(step, Ordering::SeqCst);
            let result = scene.run(operation).await;
            if scene.store.was_spared() {
                assert_eq!(result, Ok(()), "{operation:?}");
                assert!(2 < step, "{operation:?} took a transaction");
                break;
            }
            let unavailable = "the store is unavailable".to_owned();
            assert_eq!(result, Err(unavailable), "{operation:?} at step {step}");
            let after = everything(&scene.kit, organization).await;
            assert_eq!(after, before, "{operation:?} at step {step}");
            let again = scene.run(operation).await;
            assert_eq!(again, Ok(()), "{operation:?} after a fault at step {step}");
        }
    }
}

#[tokio::test]
async fn a_report_whose_answer_was_lost_is_answered_again_and_told_once() {
    let scene = Scene::of(Operation::Report).await;
    scene.run(Operation::Report).await.unwrap();
    let organization = scene.subscriber.organization.id;
    let committed = everything(&scene.kit, organization).await;
    scene.store.memory.fail_next(1);
    assert!(scene.run(Operation::Report).await.is_err());
    scene.run(Operation::Report).await.unwrap();
    assert_eq!(everything(&scene.kit, organization).await, committed);
}
