//! Who is let in, and with what.

use kayle_app::Missing;
use kayle_app::access::Caller;
use kayle_app::access::{ApiKeyName, ApiKeyPrincipal, AuthenticateError, Scope};
use kayle_app::api_keys::{CreateApiKeyError, CreatedApiKey, NewApiKey};
use kayle_app::ports::store::ApiKeyHash;
use kayle_crypto::KeyRing;
use kayle_primitives::{Organization, OrganizationId};
use kayle_testkit::builders::key_ring;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};
use strum::IntoEnumIterator;

use crate::world::webhooks_with_keys;

fn new_key(scopes: &[Scope]) -> NewApiKey {
    NewApiKey {
        name: ApiKeyName::parse("backend").expect("it is short"),
        metadata: kayle_app::access::ApiKeyMetadata::default(),
        scopes: scopes.to_vec(),
    }
}

async fn created(kit: &TestWebhooks, organization: &Organization) -> CreatedApiKey {
    let new = new_key(&[Scope::WebhooksWrite]);
    let caller = Caller::system(organization.id);
    let created = kit.webhooks.create_api_key(&caller, new);
    created.await.expect("the organization is stored")
}

async fn refusal(kit: &TestWebhooks, plaintext: &str) -> AuthenticateError {
    let refused = kit.webhooks.authenticate_api_key(plaintext);
    refused.await.expect_err("the key must be refused")
}

#[tokio::test]
async fn a_created_key_speaks_for_its_organization_with_its_scopes() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let CreatedApiKey { key, plaintext } = created(&kit, &organization).await;
    let principal = kit.webhooks.authenticate_api_key(plaintext.expose()).await;
    let expected = ApiKeyPrincipal {
        api_key_id: key.id,
        organization_id: organization.id,
        scopes: vec![Scope::WebhooksWrite],
    };
    let principal = principal.unwrap();
    assert_eq!(principal, expected);
    assert!(principal.may(Scope::WebhooksRead));
    assert!(!principal.may(Scope::SessionsRead));
}

#[tokio::test]
async fn a_key_without_scopes_is_let_in_and_may_do_nothing() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let caller = Caller::system(organization.id);
    let created = kit.webhooks.create_api_key(&caller, new_key(&[]));
    let plaintext = created.await.unwrap().plaintext;
    let principal = kit.webhooks.authenticate_api_key(plaintext.expose()).await;
    let principal = principal.unwrap();
    assert!(Scope::iter().all(|scope| !principal.may(scope)));
}

#[tokio::test]
async fn a_text_that_is_no_key_is_refused() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let plaintext = created(&kit, &organization).await.plaintext;
    let plaintext = plaintext.expose();
    for wrong in [
        "",
        "kk_unknown",
        &plaintext[3..],
        &plaintext.to_uppercase(),
        &format!("{plaintext} "),
    ] {
        assert!(matches!(
            refusal(&kit, wrong).await,
            AuthenticateError::Invalid
        ));
    }
}

#[tokio::test]
async fn a_disabled_key_is_refused_as_an_unknown_one_is() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let mut key = kit.seed.make.api_key(&organization);
    key.enabled = false;
    let mut tx = kit.seed.begin().await;
    let hash = ApiKeyHash {
        hash: key_ring().hash_api_key("kk_disabled"),
        key_id: None,
    };
    tx.insert_api_key(&key, &hash).await.unwrap();
    tx.commit().await.unwrap();
    let frozen = kit.webhooks.freeze_organization(organization.id);
    assert!(matches!(
        refusal(&kit, "kk_disabled").await,
        AuthenticateError::Invalid
    ));
    frozen.await.unwrap();
    assert!(matches!(
        refusal(&kit, "kk_disabled").await,
        AuthenticateError::Invalid
    ));
}

#[tokio::test]
async fn a_frozen_organization_is_told_so_until_it_is_unfrozen() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let plaintext = created(&kit, &organization).await.plaintext;
    let freeze = kit.webhooks.freeze_organization(organization.id);
    freeze.await.unwrap();
    assert!(matches!(
        refusal(&kit, plaintext.expose()).await,
        AuthenticateError::Frozen
    ));
    let unfreeze = kit.webhooks.unfreeze_organization(organization.id);
    unfreeze.await.unwrap();
    let principal = kit.webhooks.authenticate_api_key(plaintext.expose()).await;
    assert!(principal.is_ok());
}

#[tokio::test]
async fn a_key_from_before_a_key_change_is_let_in_while_the_old_key_is_in_the_ring() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let before = webhooks_with_keys(&kit, KeyRing::new(&[9; 32], &[]).unwrap());
    let caller = Caller::system(organization.id);
    let created = before.create_api_key(&caller, new_key(&[]));
    let plaintext = created.await.unwrap().plaintext;

    let changed = webhooks_with_keys(&kit, KeyRing::new(&[1; 32], &[&[9; 32]]).unwrap());
    let principal = changed.authenticate_api_key(plaintext.expose()).await;
    assert_eq!(principal.unwrap().organization_id, organization.id);
    assert!(matches!(
        refusal(&kit, plaintext.expose()).await,
        AuthenticateError::Invalid
    ));
}

#[tokio::test]
async fn a_store_that_is_away_refuses_nobody() {
    let kit = test_webhooks();
    kit.store.fail_next(1);
    assert!(matches!(
        refusal(&kit, "kk_any").await,
        AuthenticateError::Store(_)
    ));
}

#[tokio::test]
async fn a_key_is_made_for_an_organization_that_exists() {
    let kit = test_webhooks();
    let unknown = OrganizationId::generate(kit.seed.make.entropy());
    let caller = Caller::system(unknown);
    let refused = kit.webhooks.create_api_key(&caller, new_key(&[])).await;
    assert!(matches!(
        refused,
        Err(CreateApiKeyError::Organization(Missing::NotFound { id: missing, .. }))
            if missing == unknown.to_string()
    ));
}
