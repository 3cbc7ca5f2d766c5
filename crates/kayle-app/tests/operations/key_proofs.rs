//! Proving that somebody has the private half of a key.

use std::time::Duration;

use kayle_app::Missing;
use kayle_app::access::Caller;
use kayle_app::encryption_keys::{ChallengeKeyError, NewKeyChallenge, ProveKeyError};
use kayle_endpoints::{EncryptionKey, KeyProof, Prover};
use kayle_primitives::{Clock as _, Timestamp};
use kayle_testkit::builders::{KEY_ID, private_key};
use kayle_testkit::seed::Subscriber;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};

use crate::world::first_page;

async fn subscriber(kit: &TestWebhooks) -> Subscriber {
    let organization = kit.seed.organization().await;
    kit.seed.subscriber(&organization).await
}

async fn challenge(kit: &TestWebhooks, subscriber: &Subscriber) -> NewKeyChallenge {
    let caller = Caller::system(subscriber.organization.id);
    let challenge = kit
        .webhooks
        .challenge_encryption_key(&caller, &subscriber.key.id);
    challenge.await.expect("the key is there")
}

fn nonce_of(challenge: &NewKeyChallenge) -> String {
    let opened = private_key().decrypt(&challenge.jwe);
    let opened = opened.expect("it is encrypted to the key");
    assert_eq!(opened.key_id, KEY_ID);
    String::from_utf8(opened.plaintext.to_vec()).expect("a nonce is text")
}

async fn prove(
    kit: &TestWebhooks,
    subscriber: &Subscriber,
    nonce: &str,
) -> Result<EncryptionKey, ProveKeyError> {
    let caller = Caller::system(subscriber.organization.id);
    let proven = kit
        .webhooks
        .prove_encryption_key(&caller, &subscriber.key.id, nonce);
    proven.await
}

async fn noted_of_receiver(kit: &TestWebhooks, subscriber: &Subscriber) {
    let (organization_id, now) = (subscriber.organization.id, kit.clock.advance(SECOND));
    let noted = kit
        .webhooks
        .note_key_proven_by_receiver(organization_id, &subscriber.key.id, now);
    noted.await.expect("the key is there");
}

async fn proof(kit: &TestWebhooks, subscriber: &Subscriber) -> Option<KeyProof> {
    let (organization_id, endpoint_id) = (subscriber.organization.id, &subscriber.endpoint.id);
    let page = first_page();
    let keys = kit
        .webhooks
        .list_encryption_keys(organization_id, endpoint_id, None, &page);
    keys.await.expect("the store is well").items[0].proof
}

/// Returns what was done to the key, oldest first.
async fn audited(kit: &TestWebhooks, subscriber: &Subscriber) -> Vec<String> {
    let page = first_page();
    let rows = kit
        .webhooks
        .list_audit_rows(subscriber.organization.id, &page);
    let mut rows = rows
        .await
        .expect("the store is well")
        .expect("no cursor")
        .items;
    rows.sort_by_key(|row| row.sequence);
    let prefix = "webhook_encryption_key.";
    let actions = rows.into_iter().map(|row| row.action);
    actions
        .filter_map(|action| Some(action.strip_prefix(prefix)?.to_owned()))
        .collect()
}

const SECOND: Duration = Duration::from_secs(1);

fn by(at: Timestamp, by: Prover) -> KeyProof {
    KeyProof { at, by }
}

#[tokio::test]
async fn whoever_decrypts_the_nonce_proves_the_key() {
    let kit = test_webhooks();
    let subscriber = subscriber(&kit).await;
    let made_at = kit.clock.now();
    let challenge = challenge(&kit, &subscriber).await;
    assert_eq!(challenge.expires_at, made_at.plus(Duration::from_mins(10)));

    let now = kit.clock.advance(SECOND);
    let proven = prove(&kit, &subscriber, &nonce_of(&challenge))
        .await
        .unwrap();

    assert_eq!(proven.proof, Some(by(now, Prover::Caller)));
    assert_eq!(proof(&kit, &subscriber).await, proven.proof);
    let again = prove(&kit, &subscriber, &nonce_of(&challenge)).await;
    assert!(matches!(again, Err(ProveKeyError::NoChallenge)));
    assert_eq!(audited(&kit, &subscriber).await, ["challenged", "proven"]);
}

#[tokio::test]
async fn a_wrong_nonce_uses_the_challenge_up() {
    let kit = test_webhooks();
    let subscriber = subscriber(&kit).await;
    let challenge = challenge(&kit, &subscriber).await;

    let wrong = prove(&kit, &subscriber, "a guess").await;
    assert!(matches!(wrong, Err(ProveKeyError::WrongNonce)));
    let right = prove(&kit, &subscriber, &nonce_of(&challenge)).await;
    assert!(matches!(right, Err(ProveKeyError::NoChallenge)));

    assert_eq!(proof(&kit, &subscriber).await, None);
    assert_eq!(
        audited(&kit, &subscriber).await,
        ["challenged", "proof_failed"]
    );
}

#[tokio::test]
async fn a_challenge_ends_after_ten_minutes_and_with_the_next_one() {
    let kit = test_webhooks();
    let subscriber = subscriber(&kit).await;
    let none = prove(&kit, &subscriber, "a guess").await;
    assert!(matches!(none, Err(ProveKeyError::NoChallenge)));

    let expired = challenge(&kit, &subscriber).await;
    kit.clock.advance(Duration::from_mins(10));
    let late = prove(&kit, &subscriber, &nonce_of(&expired)).await;
    assert!(matches!(late, Err(ProveKeyError::NoChallenge)));

    let (first, second) = (
        challenge(&kit, &subscriber).await,
        challenge(&kit, &subscriber).await,
    );
    assert_ne!(nonce_of(&first), nonce_of(&second));
    let replaced = prove(&kit, &subscriber, &nonce_of(&first)).await;
    assert!(matches!(replaced, Err(ProveKeyError::WrongNonce)));
}

#[tokio::test]
async fn a_receivers_proof_outranks_a_callers_and_the_first_moment_stays() {
    let kit = test_webhooks();
    let subscriber = subscriber(&kit).await;
    let now = kit.clock.now();
    let nonce = nonce_of(&challenge(&kit, &subscriber).await);
    prove(&kit, &subscriber, &nonce).await.unwrap();

    for _ in 0..2 {
        noted_of_receiver(&kit, &subscriber).await;
        assert_eq!(
            proof(&kit, &subscriber).await,
            Some(by(now, Prover::Receiver))
        );
    }
    let nonce = nonce_of(&challenge(&kit, &subscriber).await);
    let again = prove(&kit, &subscriber, &nonce).await.unwrap();
    assert_eq!(again.proof, Some(by(now, Prover::Receiver)));
    assert_eq!(
        audited(&kit, &subscriber).await,
        ["challenged", "proven", "proven", "challenged", "proven"]
    );
}

#[tokio::test]
async fn a_foreign_key_is_a_missing_one() {
    let kit = test_webhooks();
    let subscriber = subscriber(&kit).await;
    let nonce = nonce_of(&challenge(&kit, &subscriber).await);
    let stranger = kit.seed.organization().await.id;
    let (caller, id) = (Caller::system(stranger), &subscriber.key.id);

    let challenged = kit.webhooks.challenge_encryption_key(&caller, id).await;
    assert!(matches!(
        challenged,
        Err(ChallengeKeyError::Missing(Missing::NotFound { .. }))
    ));
    let proven = kit.webhooks.prove_encryption_key(&caller, id, &nonce).await;
    assert!(matches!(
        proven,
        Err(ProveKeyError::Missing(Missing::NotFound { .. }))
    ));
    let noted = kit
        .webhooks
        .note_key_proven_by_receiver(stranger, id, kit.clock.now());
    assert!(matches!(noted.await, Err(Missing::NotFound { .. })));
    assert!(prove(&kit, &subscriber, &nonce).await.is_ok());
}

#[tokio::test]
async fn a_key_shows_how_many_deliveries_need_it() {
    let kit = test_webhooks();
    let subscriber = subscriber(&kit).await;
    for _ in 0..2 {
        kit.seed.delivery(&subscriber).await;
    }
    let overview = kit.webhooks.overview_encryption_key(subscriber.key.clone());
    assert_eq!(overview.await.unwrap().retained_deliveries, 2);
}
