//! The secret key changes while the service runs (contract 14.7).

use std::collections::BTreeMap;

use kayle_app::Webhooks;
use kayle_app::access::{ApiKeyMetadata, ApiKeyName, Caller, Scope};
use kayle_app::api_keys::NewApiKey;
use kayle_app::ports::store::{KeptUnderKey, NodeRole, Store};
use kayle_app::secret_keys::{MissingKey, Rotated, recall_retired_keys};
use kayle_crypto::KeyRing;
use kayle_primitives::id::random_uuid;
use kayle_testkit::builders::key_ring;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};

use crate::world::{first_page, webhooks_with_keys};

/// The key of every test without a choice: a test below holds it to that.
const FIRST: [u8; 32] = [7; 32];
const SECOND: [u8; 32] = [2; 32];
const THIRD: [u8; 32] = [3; 32];

fn id_of(key: &[u8; 32]) -> String {
    let ring = KeyRing::new(key, &[]).expect("32 bytes are enough");
    ring.current_key_id().to_owned()
}

/// Returns a process with these keys, as it starts.
async fn started(kit: &TestWebhooks, current: &[u8; 32], others: &[&[u8]]) -> Webhooks {
    let mut keys = KeyRing::new(current, others).expect("32 bytes are enough");
    let recalled = recall_retired_keys(&mut keys, kit.store.reads()).await;
    recalled.expect("the store is well");
    webhooks_with_keys(kit, keys)
}

async fn rotated(kit: &TestWebhooks, webhooks: &Webhooks) -> Rotated {
    let rotated = webhooks.rotate_secret_key(&*kit.store, &mut |_| ()).await;
    rotated.expect("the store is well")
}

async fn uses(webhooks: &Webhooks) -> BTreeMap<(KeptUnderKey, Option<String>), u64> {
    let status = webhooks.secret_key_status().await;
    let uses = status.expect("the store is well").uses.into_iter();
    uses.map(|kept| ((kept.kind, kept.key_id), kept.rows))
        .collect()
}

fn new_key() -> NewApiKey {
    NewApiKey {
        name: ApiKeyName::parse("backend").expect("it is short"),
        metadata: ApiKeyMetadata::default(),
        scopes: vec![Scope::WebhooksRead],
    }
}

#[test]
fn the_first_key_is_the_one_of_the_builders() {
    assert_eq!(key_ring().current_key_id(), id_of(&FIRST));
}

#[tokio::test]
async fn everything_comes_under_the_current_key_and_the_first_is_forgotten_after_two_changes() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let caller = Caller::system(organization.id);
    let before = started(&kit, &FIRST, &[]).await;
    let unused = before.create_api_key(&caller, new_key()).await.unwrap();
    let secret = before.reveal_signing_secret(&caller, &subscriber.endpoint.id);
    let secret = secret.await.unwrap();

    let second = started(&kit, &SECOND, &[&FIRST]).await;
    let done = rotated(&kit, &second).await;
    assert_eq!((done.sealed, done.unopened, done.audit_logs), (1, 0, 2));
    let third = started(&kit, &THIRD, &[&SECOND]).await;
    assert_eq!(rotated(&kit, &third).await.sealed, 1);
    let last = started(&kit, &THIRD, &[]).await;

    assert_eq!(last.missing_keys().await.unwrap(), []);
    let revealed = last.reveal_signing_secret(&caller, &subscriber.endpoint.id);
    assert_eq!(revealed.await.unwrap().expose(), secret.expose());
    // A key that nobody used meanwhile is recognised by what is left of the first secret key.
    let accepted = last.authenticate_api_key(unused.plaintext.expose()).await;
    assert_eq!(accepted.unwrap().api_key_id, unused.key.id);
    let log = last.verify_audit_log(organization.id).await.unwrap();
    assert_eq!(log.broken, None);
    let status = last.secret_key_status().await.unwrap();
    for (key, expected) in [(FIRST, true), (SECOND, true), (THIRD, false)] {
        assert_eq!(status.may_be_forgotten(&id_of(&key)), expected);
    }
}

#[tokio::test]
async fn a_key_must_not_be_forgotten_before_everything_was_sealed_anew() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed.subscriber(&organization).await;
    let caller = Caller::system(organization.id);
    let before = started(&kit, &FIRST, &[]).await;
    before.create_api_key(&caller, new_key()).await.unwrap();

    let hasty = started(&kit, &SECOND, &[]).await;
    let missing = [KeptUnderKey::SigningSecrets, KeptUnderKey::ApiKeys].map(|kind| MissingKey {
        key_id: id_of(&FIRST),
        kind,
    });
    assert_eq!(hasty.missing_keys().await.unwrap(), missing);
    let status = hasty.secret_key_status().await.unwrap();
    assert!(!status.may_be_forgotten(&id_of(&FIRST)));
}

#[tokio::test]
async fn an_api_key_is_hashed_anew_when_it_is_next_used() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let caller = Caller::system(organization.id);
    let before = started(&kit, &FIRST, &[]).await;
    let created = before.create_api_key(&caller, new_key()).await.unwrap();
    let after = started(&kit, &SECOND, &[&FIRST]).await;
    for _ in 0..2 {
        let accepted = after.authenticate_api_key(created.plaintext.expose()).await;
        assert_eq!(accepted.unwrap().api_key_id, created.key.id);
        after.flush_api_key_usage().await.unwrap();
        let expected = (KeptUnderKey::ApiKeys, Some(id_of(&SECOND)));
        assert_eq!(uses(&after).await, BTreeMap::from([(expected, 1)]));
    }
    // A node that knows the coming key and does not use it yet recognises it all the same.
    let slow = started(&kit, &FIRST, &[&SECOND]).await;
    let accepted = slow.authenticate_api_key(created.plaintext.expose()).await;
    assert_eq!(accepted.unwrap().api_key_id, created.key.id);
    let listed = after.list_api_keys(organization.id, &first_page()).await;
    assert_eq!(listed.unwrap().items[0].updated_at, created.key.updated_at);
}

#[tokio::test]
async fn a_rotation_that_is_run_again_changes_nothing() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed.subscriber(&organization).await;
    kit.webhooks
        .unfreeze_organization(organization.id)
        .await
        .unwrap();
    let changed = started(&kit, &SECOND, &[&FIRST]).await;
    let first = rotated(&kit, &changed).await;
    assert_eq!((first.sealed, first.audit_logs), (1, 2));
    assert_eq!(rotated(&kit, &changed).await, Rotated::default());
}

#[tokio::test]
async fn a_secret_that_does_not_open_is_counted_and_left_alone() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed.subscriber(&organization).await;
    let stranger = started(&kit, &SECOND, &[]).await;
    let done = rotated(&kit, &stranger).await;
    assert_eq!((done.sealed, done.unopened), (0, 1));
    let owner = started(&kit, &FIRST, &[]).await;
    assert_eq!(rotated(&kit, &owner).await.unopened, 0);
}

#[tokio::test]
async fn a_node_that_runs_without_the_current_key_is_named_until_it_stops() {
    let kit = test_webhooks();
    let old = started(&kit, &FIRST, &[]).await;
    let id = random_uuid(&*kit.entropy);
    old.check_in(id, NodeRole::Api, "1.0.0").await.unwrap();
    let new = started(&kit, &SECOND, &[&FIRST]).await;
    let named = new.nodes_without_current_key().await.unwrap();
    assert_eq!(named.iter().map(|node| node.id).collect::<Vec<_>>(), [id]);

    let knowing = started(&kit, &FIRST, &[&SECOND]).await;
    knowing.check_in(id, NodeRole::Api, "1.0.0").await.unwrap();
    assert_eq!(new.nodes_without_current_key().await.unwrap(), []);

    old.check_in(id, NodeRole::Api, "1.0.0").await.unwrap();
    old.check_out(id).await.unwrap();
    assert_eq!(new.nodes_without_current_key().await.unwrap(), []);
}
