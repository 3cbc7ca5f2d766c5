//! One damaged row stops nobody else: every loop goes on for all others, and the doctor names it.
//!
//! There are two organizations that each have one of everything: an overdue session, and a delivery
//! that is due, one whose lease has run out and one whose payload's retention is over. Something of
//! the first organization is damaged; whatever is due for the second must still come about.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kayle_app::access::{ApiKeyMetadata, ApiKeyName, Caller};
use kayle_app::api_keys::NewApiKey;
use kayle_app::dispatch::{Outcome, Room};
use kayle_app::ports::store::{DeliveryFilter, EventFilter, Invariant, SessionFilter, Store};
use kayle_app::{Parts, Webhooks};
use kayle_crypto::ApiKeyPlaintext;
use kayle_delivery::step::{Input, step};
use kayle_delivery::{
    AttemptOutcome, Delivery, DeliveryState, Lease, LeaseHolder, Payload, StoredReason,
};
use kayle_primitives::{ApiKeyId, Clock, PageLimit, PageRequest};
use kayle_sessions::Session;
use kayle_storage::SqlStore;
use kayle_testkit::builders::{Builders, key_ring};
use kayle_testkit::seed::{Seed, Subscriber};
use kayle_testkit::webhooks::test_settings;
use sea_orm::{ConnectionTrait, DbBackend, Statement};

/// Values that a column of either database can be made to hold, and that mean nothing: table,
/// column, value in SQL, and whose row.
pub(crate) const SENSELESS: &[(&str, &str, &str, Of)] = &[
    (
        "sessions",
        "share_contract",
        "'{\"claim_of_tomorrow\":{}}'",
        Of::Session,
    ),
    ("sessions", "targets", "'['", Of::Session),
    ("sessions", "revision", "-7", Of::Session),
    ("sessions", "nfc_tries_used", "4000", Of::Session),
    ("deliveries", "state", "'lost'", Of::Due),
    ("deliveries", "attempt_count", "-1", Of::Due),
    ("deliveries", "last_attempt_at", "5", Of::Due),
    ("deliveries", "payload_reason", "'gone'", Of::Due),
    ("deliveries", "payload_scrubbed_at", "5", Of::Due),
    ("deliveries", "encryption_key_id", "'no key'", Of::Due),
    ("deliveries", "attempt_count", "-1", Of::Leased),
    ("deliveries", "claimed_at", "NULL", Of::Leased),
    ("deliveries", "lease_holder", "NULL", Of::Leased),
    ("deliveries", "payload_reason", "'delivered'", Of::Leased),
    ("deliveries", "state", "'lost'", Of::Expired),
    ("deliveries", "state", "'succeeded'", Of::Expired),
    ("deliveries", "attempt_count", "-1", Of::Expired),
    ("deliveries", "due_at", "NULL", Of::Expired),
    ("delivery_payloads", "jwe", "'no bytes'", Of::Due),
    (
        "events",
        "event_type",
        "'verification.session.forgotten'",
        Of::Event,
    ),
    ("events", "session_id", "'no session'", Of::Event),
    ("endpoints", "subscription", "'everything'", Of::Endpoint),
    (
        "endpoints",
        "subscription",
        "'[\"an.event.of.tomorrow\"]'",
        Of::Endpoint,
    ),
    ("endpoints", "labels", "'{}'", Of::Endpoint),
    ("endpoints", "retention_hours", "5", Of::Endpoint),
    ("endpoints", "retry_schedule", "'never'", Of::Endpoint),
    ("endpoints", "signing_secret_sealed", "NULL", Of::Endpoint),
    ("encryption_keys", "jwk_n", "NULL", Of::Key),
    ("encryption_keys", "key_id", "''", Of::Key),
    ("api_keys", "scopes", "'all'", Of::Organization),
    ("api_keys", "request_count", "-5", Of::Organization),
    ("audit_rows", "details", "'['", Of::Organization),
    ("audit_chains", "head_sequence", "-1", Of::Organization),
];

/// Whose row is damaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Of {
    Session,
    Due,
    Leased,
    Expired,
    Event,
    Endpoint,
    Key,
    Organization,
}

/// One of everything.
struct Household {
    subscriber: Subscriber,
    session: Session,
    due: Delivery,
    leased: Delivery,
    expired: Delivery,
    credential: ApiKeyPlaintext,
    api_key: ApiKeyId,
}

/// The service over a store, and the two households on it.
pub(crate) struct Village {
    store: Arc<SqlStore>,
    webhooks: Webhooks,
    seed: Seed,
    damaged: Household,
    whole: Household,
}

impl Village {
    pub(crate) async fn on(store: SqlStore) -> Self {
        Self::with_backlog(store, 0).await
    }

    /// The first household has so many overdue sessions and due deliveries besides, all of them
    /// before everything of the second.
    pub(crate) async fn with_backlog(store: SqlStore, backlog: usize) -> Self {
        let store = Arc::new(store);
        let make = Builders::default();
        let webhooks = Webhooks::new(Parts {
            store: Arc::clone(&store) as _,
            queue: Arc::clone(&store) as _,
            clock: Arc::clone(&make.clock) as _,
            entropy: Arc::clone(&make.entropy) as _,
            wakeup: Arc::default(),
            keys: key_ring(),
            settings: test_settings(),
        });
        let seed = Seed {
            make,
            store: Arc::clone(&store) as _,
        };
        let damaged = household(&webhooks, &seed).await;
        seed.backlog(&damaged.subscriber, backlog).await;
        seed.make.clock.advance(Duration::from_millis(1));
        let whole = household(&webhooks, &seed).await;
        for household in [&damaged, &whole] {
            // It is counted, and the count is not written yet.
            let used = webhooks.authenticate_api_key(household.credential.expose());
            used.await.expect("it was just made");
        }
        seed.make.clock.advance(Duration::from_hours(2));
        Self {
            store,
            webhooks,
            seed,
            damaged,
            whole,
        }
    }

    /// Damages a column of the first household's row.
    pub(crate) async fn damage(&self, table: &str, column: &str, value: &str, of: Of) {
        let Household {
            subscriber,
            session,
            due,
            leased,
            expired,
            ..
        } = &self.damaged;
        let text = |id: &str| format!("'{id}'");
        let organization = self.organization_in_sql();
        let (key, id) = match of {
            Of::Session => ("id", text(session.id.as_str())),
            Of::Due if table == "delivery_payloads" => ("delivery_id", text(due.id.as_str())),
            Of::Due => ("id", text(due.id.as_str())),
            Of::Leased => ("id", text(leased.id.as_str())),
            Of::Expired => ("id", text(expired.id.as_str())),
            Of::Event => ("id", text(due.event_id.as_str())),
            Of::Endpoint => ("id", text(subscriber.endpoint.id.as_str())),
            Of::Key => ("id", text(subscriber.key.id.as_str())),
            Of::Organization if table == "organizations" => ("id", organization),
            Of::Organization => ("organization_id", organization),
        };
        let sql = format!("UPDATE {table} SET {column} = {value} WHERE {key} = {id}");
        let changed = self.store.connection().execute_unprepared(&sql).await;
        let changed = changed.expect("nothing guards the row").rows_affected();
        assert!(0 < changed, "{sql}");
    }

    /// Damages a column of all rows of a table that are the first household's.
    pub(crate) async fn damage_all(&self, table: &str, column: &str, value: &str) {
        let id = self.organization_in_sql();
        let sql = format!("UPDATE {table} SET {column} = {value} WHERE organization_id = {id}");
        let changed = self.store.connection().execute_unprepared(&sql).await;
        changed.expect("nothing guards the rows");
    }

    /// SQLite keeps the id as bytes.
    fn organization_in_sql(&self) -> String {
        let id = self.damaged.subscriber.organization.id.0;
        let is_sqlite = self.store.connection().get_database_backend() == DbBackend::Sqlite;
        if is_sqlite {
            return format!("x'{}'", id.simple());
        }
        format!("'{id}'")
    }

    /// Turns every loop once, and sees that the other household lacks nothing.
    pub(crate) async fn everything_goes_on(&self, what: &str) {
        let webhooks = &self.webhooks;
        while 0 < self.dispatch(what).await {}
        webhooks.take_over_expired_leases().await.expect(what);
        let swept = webhooks.sweep().await.expect(what);
        webhooks.purge().await.expect(what);
        webhooks.flush_api_key_usage().await.expect(what);
        assert_eq!(self.requests_counted().await, 1, "{what}: usage");
        let verified = webhooks.verify_audit_logs().await.expect(what);
        let log = verified
            .iter()
            .find(|log| log.organization_id == self.whole.subscriber.organization.id);
        assert!(log.is_some_and(|log| log.broken.is_none()), "{what}: audit");
        assert!(0 < swept.sessions, "{what}: sweep");

        assert_eq!(self.status_of(&self.whole.due).await, "succeeded", "{what}");
        let taken_over = self.stored(&self.whole.leased).await;
        assert_eq!(taken_over.attempt_count, 1, "{what}: lease");
        let scrubbed = self.stored(&self.whole.expired).await;
        assert!(scrubbed.payload.scrubbed_at().is_some(), "{what}: scrub");
        let session = self.whole.session.organization_id;
        let found = self
            .store
            .reads()
            .find_session(session, &self.whole.session.id)
            .await;
        let found = found.expect(what).expect("it is kept");
        assert!(!found.state.is_active(), "{what}: expiry");
        if !what.starts_with("endpoints.") {
            let damaged = self.damaged.subscriber.organization.id;
            let told = self.store.reads().fanout_endpoints(damaged).await;
            assert_eq!(told.expect(what).len(), 1, "{what}: fan-out");
        }
    }

    /// Returns how many requests are counted of the other household's API key.
    async fn requests_counted(&self) -> u64 {
        let id = self.whole.subscriber.organization.id;
        let keys = self.store.reads().list_api_keys(id, &page()).await;
        let keys = keys.expect("they are whole").items;
        let own = keys.iter().find(|key| key.id == self.whole.api_key);
        own.expect("it is kept").request_count
    }

    /// Claims what there is room for and settles it as delivered; returns how much that was.
    async fn dispatch(&self, what: &str) -> usize {
        let webhooks = &self.webhooks;
        let room = Room {
            total: 100,
            per_endpoint: 32,
            busy_endpoints: BTreeMap::new(),
            per_destination: 1000,
            busy_destinations: BTreeMap::new(),
        };
        let claim = webhooks.claim_deliveries(&room).await.expect(what);
        let claimed = claim.deliveries.len();
        let prepared = webhooks.prepare(claim).await;
        let accepted = Outcome::Attempted(AttemptOutcome::from_status_code(204));
        let sent = prepared.to_send.into_iter();
        let sent = sent.map(|ready| webhooks.finish(ready.in_flight, accepted));
        let ended: Vec<_> = prepared.finished.into_iter().chain(sent).collect();
        webhooks.settle(&ended).await.expect(what);
        claimed
    }

    /// Does what a withdrawal does to the deliveries of a session: that of the damaged one cannot
    /// be read, and still its bytes go.
    pub(crate) async fn a_withdrawal_erases_what_cannot_be_read(&self) {
        let Household {
            subscriber, due, ..
        } = &self.damaged;
        let reads = self.store.reads();
        let event = reads.find_event(subscriber.organization.id, &due.event_id);
        let event = event.await.expect("it is whole").expect("it is kept").event;
        let mut tx = self.store.begin().await.expect("the store works");
        let locked = tx.lock_deliveries_of_session(&event.session_id).await;
        let locked = locked.expect("what can be read is read");
        assert_eq!(locked.unreadable, [due.id.to_string()]);
        let erased = tx.erase_payloads(&locked.unreadable).await;
        erased.expect("the bytes are in a table of their own");
        tx.commit().await.expect("the store works");
        let left = format!(
            "SELECT delivery_id FROM delivery_payloads WHERE delivery_id = '{}'",
            due.id
        );
        let backend = self.store.connection().get_database_backend();
        let left = Statement::from_string(backend, left);
        let left = self.store.connection().query_all_raw(left).await;
        assert_eq!(left.expect("the query is right").len(), 0);
    }

    /// Asserts that the bytes of the first household's expired payload are gone, whatever else.
    pub(crate) async fn no_expired_bytes_are_left(&self, what: &str) {
        let left = "SELECT delivery_id FROM delivery_payloads JOIN deliveries \
                    ON deliveries.id = delivery_payloads.delivery_id \
                    WHERE payload_expires_at IS NOT NULL AND payload_expires_at <= ";
        let sql = format!("{left}{}", self.seed.make.clock.now().unix_ms());
        let backend = self.store.connection().get_database_backend();
        let statement = Statement::from_string(backend, sql);
        let left = self.store.connection().query_all_raw(statement).await;
        assert_eq!(left.expect("the query is right").len(), 0, "{what}");
    }

    /// Reads every list of both households: what cannot be read is left out.
    pub(crate) async fn lists_are_read(&self, what: &str) {
        let reads = self.store.reads();
        for household in [&self.damaged, &self.whole] {
            let id = household.subscriber.organization.id;
            let filter = SessionFilter::default();
            reads.list_sessions(id, &filter, &page()).await.expect(what);
            let filter = DeliveryFilter::default();
            reads
                .list_deliveries(id, &filter, &page())
                .await
                .expect(what);
            let filter = EventFilter::default();
            reads.list_events(id, &filter, &page()).await.expect(what);
            reads.list_endpoints(id, None, &page()).await.expect(what);
            let endpoint = &household.subscriber.endpoint.id;
            reads
                .list_encryption_keys(id, endpoint, None, &page())
                .await
                .expect(what);
            reads.list_api_keys(id, &page()).await.expect(what);
            reads.list_audit_rows(id, &page()).await.expect(what);
        }
    }

    /// Asks the doctor, and asserts that it names the place.
    pub(crate) async fn the_doctor_names(&self, table: &str, what: &str) {
        let diagnosis = self
            .webhooks
            .examine(&*self.store, Duration::from_hours(100))
            .await
            .expect(what);
        let found = diagnosis
            .findings
            .iter()
            .find(|finding| finding.invariant == Invariant::RowIsReadable);
        let found = found.unwrap_or_else(|| panic!("{what}: the doctor finds nothing"));
        let is_named = |example: &String| example.starts_with(&format!("{table}."));
        assert!(found.examples.iter().any(is_named), "{what}: {found:?}");
    }

    async fn stored(&self, delivery: &Delivery) -> Delivery {
        let reads = self.store.reads();
        let found = reads.find_delivery(delivery.organization_id, &delivery.id);
        found.await.expect("it is whole").expect("it is kept")
    }

    async fn status_of(&self, delivery: &Delivery) -> &'static str {
        self.stored(delivery).await.status().as_str()
    }
}

fn page<C>() -> PageRequest<C> {
    PageRequest {
        limit: PageLimit::DEFAULT,
        starting_after: None,
    }
}

async fn household(webhooks: &Webhooks, seed: &Seed) -> Household {
    let organization = webhooks.create_organization("A household").await;
    let organization = organization.expect("the store works");
    let caller = Caller::system(organization.id);
    let key = NewApiKey {
        name: ApiKeyName::parse("A key").expect("it is short"),
        scopes: Vec::new(),
        metadata: ApiKeyMetadata::default(),
    };
    let created = webhooks.create_api_key(&caller, key).await;
    let created = created.expect("the store works");
    let subscriber = seed.subscriber(&organization).await;
    let session = seed.make.session(&organization);
    seed.session(&session).await;
    let due = seed.delivery(&subscriber).await;
    let now = seed.make.clock.now();
    let leased = seed.delivery(&subscriber).await;
    let lease = Lease {
        holder: LeaseHolder("gone".to_owned()),
        until: now.plus(Duration::from_secs(1)),
    };
    let leased = step(&leased, Input::Claimed { lease }, now)
        .expect("it is due")
        .delivery;
    let expired = seed.delivery(&subscriber).await;
    let expired = Delivery {
        state: DeliveryState::Pending {
            due_at: now.plus(Duration::from_hours(50)),
        },
        payload: Payload::Stored {
            expires_at: now.plus(Duration::from_secs(1)),
            reason: StoredReason::PendingDelivery,
        },
        ..expired
    };
    let mut tx = seed.begin().await;
    let changed = [leased.clone(), expired.clone()];
    tx.save_deliveries(&changed).await.expect("they are stored");
    tx.commit().await.expect("the store works");
    Household {
        subscriber,
        session,
        due,
        leased,
        expired,
        credential: created.plaintext,
        api_key: created.key.id,
    }
}
