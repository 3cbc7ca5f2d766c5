//! What the tests start from, and what they look at.

use std::future::Future;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Waker};

use kayle_app::access::{ApiKey, Caller};
use kayle_app::audit::AuditRow;
use kayle_app::dispatch::{Claim, InFlight, Outcome, Prepared, Room};
use kayle_app::ports::queue::DeliveryQueue;
use kayle_app::ports::sender::{SendRequest, Sender};
use kayle_app::ports::store::{DeliveryFilter, EventFilter, EventWithDeliveries, SessionFilter};
use kayle_app::ports::store::{RecordedAttempt, Store};
use kayle_app::sessions::AttemptReport;
use kayle_app::{Parts, Webhooks};
use kayle_crypto::{KeyRing, Sealed};
use kayle_delivery::{Attempt, Delivery};
use kayle_endpoints::{EncryptionKey, Endpoint, Subscription};
use kayle_events::{ClaimKey, ClaimValue, Claims, EventType, FailureCode};
use kayle_primitives::{
    AttemptId, DeliveryId, Organization, OrganizationId, PageLimit, PageRequest,
};
use kayle_sessions::{ReportedOutcome, RequestedField, Session, ShareContract};
use kayle_testkit::builders::private_key;
use kayle_testkit::seed::Subscriber;
use kayle_testkit::webhooks::{TestWebhooks, test_settings};
use serde_json::Value;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

const READABLE: &str = "the store answers";
const SETTLED: &str = "the queue answers";

/// A task of a race.
pub(crate) type Racer = Pin<Box<dyn Future<Output = ()> + Send>>;

/// Stores an endpoint with an active key, changed before it is stored.
pub(crate) async fn subscriber_with(
    kit: &TestWebhooks,
    organization: &Organization,
    change: impl FnOnce(&mut Endpoint),
) -> Subscriber {
    let mut endpoint = kit.seed.make.endpoint(organization);
    change(&mut endpoint);
    kit.seed.endpoint(&endpoint).await;
    let key = kit.seed.make.encryption_key(&endpoint);
    kit.seed.key(&key).await;
    Subscriber {
        organization: organization.clone(),
        endpoint,
        key,
    }
}

/// Stores an endpoint that wants events of these types only.
pub(crate) async fn subscriber_to(
    kit: &TestWebhooks,
    organization: &Organization,
    event_types: &[EventType],
) -> Subscriber {
    let subscription = Subscription::new(event_types);
    subscriber_with(kit, organization, |endpoint| {
        endpoint.subscription = subscription;
    })
    .await
}

/// Stores a session for every endpoint, changed before it is stored.
pub(crate) async fn session_with(
    kit: &TestWebhooks,
    organization: &Organization,
    change: impl FnOnce(&mut Session),
) -> Session {
    let mut session = kit.seed.make.session(organization);
    change(&mut session);
    kit.seed.session(&session).await;
    session
}

/// Stores a session for every endpoint that shares the twelve static claims.
pub(crate) async fn session(kit: &TestWebhooks, organization: &Organization) -> Session {
    session_with(kit, organization, |_| {}).await
}

/// Returns a share contract with these optional fields.
pub(crate) fn share_contract(keys: &[&str]) -> ShareContract {
    let requested = keys.iter().map(|key| RequestedField {
        key: (*key).to_owned(),
        required: false,
        reason: Some("to open an account".to_owned()),
    });
    ShareContract::from_request(requested.collect()).expect("a test asks for claims that exist")
}

pub(crate) fn claim_key(name: &str) -> ClaimKey {
    ClaimKey::parse(name).expect("a test names claims that exist")
}

pub(crate) fn text(value: &str) -> ClaimValue {
    ClaimValue::Text(value.to_owned().into())
}

/// Returns these claims and the one that every session needs.
pub(crate) fn claims<const N: usize>(claims: [(&str, ClaimValue); N]) -> Claims {
    let needed = [("kayle_document_id", text("document-1"))];
    claims
        .into_iter()
        .chain(needed)
        .map(|(name, value)| (claim_key(name), value))
        .collect()
}

pub(crate) fn failed(code: FailureCode) -> AttemptReport {
    AttemptReport {
        attempt_id: None,
        outcome: ReportedOutcome::Failed(code),
    }
}

pub(crate) fn succeeded(claims: Claims) -> AttemptReport {
    AttemptReport {
        attempt_id: None,
        outcome: ReportedOutcome::Succeeded(claims),
    }
}

/// Returns the report under an idempotency key of its own choice.
pub(crate) fn under(id: &AttemptId, report: AttemptReport) -> AttemptReport {
    AttemptReport {
        attempt_id: Some(id.clone()),
        ..report
    }
}

pub(crate) fn attempt_id(kit: &TestWebhooks) -> AttemptId {
    AttemptId::generate(kit.seed.make.now(), kit.seed.make.entropy())
}

/// Returns the operations of a process with other secret keys, over the same store.
pub(crate) fn webhooks_with_keys(kit: &TestWebhooks, keys: KeyRing) -> Webhooks {
    webhooks_over(kit, Arc::clone(&kit.store) as _, keys)
}

/// Returns the operations over another store; the queue stays.
pub(crate) fn webhooks_over(kit: &TestWebhooks, store: Arc<dyn Store>, keys: KeyRing) -> Webhooks {
    Webhooks::new(Parts {
        store,
        queue: Arc::clone(&kit.store) as Arc<dyn DeliveryQueue>,
        clock: Arc::clone(&kit.clock) as _,
        entropy: Arc::clone(&kit.entropy) as _,
        wakeup: Arc::clone(&kit.wakeup),
        keys,
        settings: test_settings(),
    })
}

/// Names an operator, who may act for every organization.
pub(crate) fn caller_of(organization_id: OrganizationId) -> Caller {
    Caller::system(organization_id)
}

/// Asks for the first hundred of anything.
pub(crate) fn first_page<C>() -> PageRequest<C> {
    PageRequest {
        limit: PageLimit::new(100).expect("100 is the longest page"),
        starting_after: None,
    }
}

/// Returns all events of an organization with their deliveries, newest first.
pub(crate) async fn events(
    kit: &TestWebhooks,
    organization_id: OrganizationId,
) -> Vec<EventWithDeliveries> {
    let page = kit
        .store
        .reads()
        .list_events(organization_id, &EventFilter::default(), &first_page())
        .await
        .expect(READABLE);
    page.expect("no cursor is unknown").items
}

/// Returns the types of all events of an organization, newest first.
pub(crate) async fn event_types(
    kit: &TestWebhooks,
    organization_id: OrganizationId,
) -> Vec<EventType> {
    let events = events(kit, organization_id).await;
    events.iter().map(|found| found.event.event_type).collect()
}

/// Returns all deliveries of an organization, newest first.
pub(crate) async fn deliveries(
    kit: &TestWebhooks,
    organization_id: OrganizationId,
) -> Vec<Delivery> {
    let page = kit
        .store
        .reads()
        .list_deliveries(organization_id, &DeliveryFilter::default(), &first_page())
        .await
        .expect(READABLE);
    page.expect("no cursor is unknown").items
}

/// Returns a delivery as it is stored.
pub(crate) async fn stored_delivery(kit: &TestWebhooks, delivery: &Delivery) -> Delivery {
    let reads = kit.store.reads();
    let found = reads.find_delivery(delivery.organization_id, &delivery.id);
    found.await.expect(READABLE).expect("it was stored")
}

/// Returns every recorded attempt of a delivery.
pub(crate) async fn attempts(kit: &TestWebhooks, delivery: &Delivery) -> Vec<Attempt> {
    let reads = kit.store.reads();
    let found = reads.attempts_of(delivery.organization_id, &delivery.id);
    found.await.expect(READABLE)
}

/// Returns a session as it is stored: looking at it this way does not expire it.
pub(crate) async fn stored_session(kit: &TestWebhooks, session: &Session) -> Session {
    let found = kit.store.reads().find_session_for_intake(&session.id);
    found.await.expect(READABLE).expect("it was stored")
}

/// Returns a recorded attempt of a session.
pub(crate) async fn recorded_attempt(
    kit: &TestWebhooks,
    id: &AttemptId,
) -> Option<RecordedAttempt> {
    let found = kit.store.reads().find_attempt_for_intake(id);
    found.await.expect(READABLE)
}

/// Everything that an organization has.
#[derive(Debug, PartialEq)]
pub(crate) struct Everything {
    organization: Option<Organization>,
    api_keys: Vec<ApiKey>,
    audit_rows: Vec<AuditRow>,
    endpoints: Vec<(Endpoint, Option<Sealed>, Vec<EncryptionKey>)>,
    sessions: Vec<Session>,
    events: Vec<EventWithDeliveries>,
    deliveries: Vec<(Delivery, Vec<Attempt>)>,
}

pub(crate) async fn everything(kit: &TestWebhooks, id: OrganizationId) -> Everything {
    let reads = kit.store.reads();
    let found = reads.list_endpoints(id, None, &first_page()).await;
    let mut endpoints = Vec::new();
    for endpoint in found.expect(READABLE).expect("no cursor is unknown").items {
        let secret = reads.find_signing_secret(id, &endpoint.id).await;
        let keys = reads
            .list_encryption_keys(id, &endpoint.id, None, &first_page())
            .await;
        let keys = keys.expect(READABLE).items;
        endpoints.push((endpoint, secret.expect(READABLE), keys));
    }
    let mut with_attempts = Vec::new();
    for delivery in deliveries(kit, id).await {
        let attempts = attempts(kit, &delivery).await;
        with_attempts.push((delivery, attempts));
    }
    let api_keys = reads.list_api_keys(id, &first_page()).await;
    let audit_rows = reads.list_audit_rows(id, &first_page()).await;
    let audit_rows = audit_rows.expect(READABLE).expect("no cursor is unknown");
    let sessions = reads
        .list_sessions(id, &SessionFilter::default(), &first_page())
        .await;
    Everything {
        organization: reads.find_organization(id).await.expect(READABLE),
        api_keys: api_keys.expect(READABLE).items,
        audit_rows: audit_rows.items,
        endpoints,
        sessions: sessions.expect(READABLE).items,
        events: events(kit, id).await,
        deliveries: with_attempts,
    }
}

/// Returns whether the dispatcher was woken since the last time this was asked.
pub(crate) fn was_woken(kit: &TestWebhooks) -> bool {
    let woken = pin!(kit.wakeup.woken());
    woken
        .poll(&mut Context::from_waker(Waker::noop()))
        .is_ready()
}

/// Returns room for whatever is due.
pub(crate) fn room() -> Room {
    Room {
        total: 128,
        per_endpoint: 128,
        busy_endpoints: [].into(),
        per_destination: 1000,
        busy_destinations: [].into(),
    }
}

pub(crate) async fn claim(kit: &TestWebhooks) -> Claim {
    kit.webhooks.claim_deliveries(&room()).await.expect(SETTLED)
}

pub(crate) async fn prepare(kit: &TestWebhooks, claim: Claim) -> Prepared {
    kit.webhooks.prepare(claim).await
}

/// Claims what is due and returns the requests that are to be sent; nothing is settled.
pub(crate) async fn requests(kit: &TestWebhooks) -> Vec<SendRequest> {
    let prepared = prepare(kit, claim(kit).await).await;
    prepared
        .to_send
        .into_iter()
        .map(|ready| ready.request)
        .collect()
}

/// Claims what is due, and prepares the only delivery of it.
pub(crate) async fn only_in_flight(kit: &TestWebhooks) -> InFlight {
    let mut prepared = prepare(kit, claim(kit).await).await;
    assert_eq!((prepared.to_send.len(), prepared.finished.len()), (1, 0));
    prepared.to_send.remove(0).in_flight
}

/// Writes the end of one claim; gives how many had lost their lease.
pub(crate) async fn settle(kit: &TestWebhooks, in_flight: InFlight, outcome: Outcome) -> usize {
    let finished = kit.webhooks.finish(in_flight, outcome);
    kit.webhooks.settle(&[finished]).await.expect(SETTLED)
}

/// Does what a dispatcher does in one turn, and returns what was sent.
pub(crate) async fn turn(kit: &TestWebhooks) -> Vec<SendRequest> {
    let Prepared {
        to_send,
        mut finished,
    } = prepare(kit, claim(kit).await).await;
    let mut sent = Vec::new();
    for ready in to_send {
        sent.push(ready.request.clone());
        let outcome = match kit.sender.send(ready.request).await {
            Ok(sent) => Outcome::Attempted(sent.outcome),
            Err(_) => Outcome::Fault,
        };
        finished.push(kit.webhooks.finish(ready.in_flight, outcome));
    }
    let lost = kit.webhooks.settle(&finished).await.expect(SETTLED);
    assert_eq!(lost, 0, "nobody took a lease away");
    sent
}

/// Reads what a request carries, as the customer does.
pub(crate) fn decrypted(request: &SendRequest) -> Value {
    let opened = private_key().decrypt(request.jwe.as_str());
    let opened = opened.expect("it was encrypted for the registered key");
    serde_json::from_slice(&opened.plaintext).expect("the plaintext is JSON")
}

/// Returns the ids, sorted.
pub(crate) fn sorted(ids: impl IntoIterator<Item = DeliveryId>) -> Vec<DeliveryId> {
    let mut ids: Vec<DeliveryId> = ids.into_iter().collect();
    ids.sort();
    ids
}

/// Runs the tasks together, on as many threads as there are, from one start line.
pub(crate) async fn at_once<F>(tasks: Vec<F>) -> Vec<F::Output>
where
    F: Future<Output: Send> + Send + 'static,
{
    let start = Arc::new(Barrier::new(tasks.len()));
    let mut racers = JoinSet::new();
    for task in tasks {
        let start = Arc::clone(&start);
        racers.spawn(async move {
            start.wait().await;
            task.await
        });
    }
    racers.join_all().await
}
