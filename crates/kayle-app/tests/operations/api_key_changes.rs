//! Changing, deleting and counting API keys: the next request sees it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use kayle_app::Missing;
use kayle_app::access::{
    ApiKey, ApiKeyMetadata, ApiKeyName, ApiKeyPrincipal, AuthenticateError, MetadataValue, Scope,
};
use kayle_app::api_keys::{ApiKeyChange, CreatedApiKey, NewApiKey};
use kayle_primitives::{ApiKeyId, Organization};
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};

use crate::world::{at_once, caller_of, first_page};

struct Scene {
    kit: TestWebhooks,
    organization: Organization,
    key: ApiKey,
    plaintext: String,
}

impl Scene {
    async fn new() -> Self {
        let kit = test_webhooks();
        let organization = kit.seed.organization().await;
        let new = NewApiKey {
            name: ApiKeyName::parse("backend").expect("it is short"),
            scopes: vec![Scope::WebhooksRead],
            metadata: ApiKeyMetadata::default(),
        };
        let caller = caller_of(organization.id);
        let created = kit.webhooks.create_api_key(&caller, new);
        let CreatedApiKey { key, plaintext } = created.await.expect("the organization is there");
        Self {
            plaintext: plaintext.expose().to_owned(),
            kit,
            organization,
            key,
        }
    }

    async fn authenticate(&self) -> Result<ApiKeyPrincipal, AuthenticateError> {
        self.kit
            .webhooks
            .authenticate_api_key(&self.plaintext)
            .await
    }

    async fn change(&self, change: ApiKeyChange) -> ApiKey {
        let caller = caller_of(self.organization.id);
        let changed = self
            .kit
            .webhooks
            .update_api_key(&caller, self.key.id, change);
        changed.await.expect("the key is there")
    }

    async fn enable(&self, enabled: bool) {
        let enabled = Some(enabled);
        self.change(ApiKeyChange {
            enabled,
            ..ApiKeyChange::default()
        })
        .await;
    }

    async fn delete(&self) -> Result<(), Missing> {
        let caller = caller_of(self.organization.id);
        self.kit.webhooks.delete_api_key(&caller, self.key.id).await
    }

    async fn listed(&self) -> Vec<ApiKey> {
        let page = first_page();
        let listed = self.kit.webhooks.list_api_keys(self.organization.id, &page);
        listed.await.expect("the store is well").items
    }
}

#[tokio::test]
async fn every_given_member_is_replaced() {
    let scene = Scene::new().await;
    let updated_at = scene.kit.clock.advance(Duration::from_secs(1));
    let noted = BTreeMap::from([("team".to_owned(), MetadataValue::Boolean(true))]);
    let metadata = ApiKeyMetadata::new(noted).unwrap();
    let name = ApiKeyName::parse("frontend").unwrap();
    let all = ApiKeyChange {
        name: Some(name.clone()),
        enabled: Some(false),
        scopes: Some(vec![Scope::SessionsWrite]),
        metadata: Some(metadata.clone()),
    };
    let expected = ApiKey {
        name,
        enabled: false,
        scopes: vec![Scope::SessionsWrite],
        metadata,
        updated_at,
        ..scene.key.clone()
    };
    assert_eq!(scene.change(all).await, expected);
    assert_eq!(scene.listed().await, [expected]);
}

#[tokio::test]
async fn what_is_not_given_stays() {
    let scene = Scene::new().await;
    let changed = scene.change(ApiKeyChange::default()).await;
    assert_eq!(changed, scene.key);
}

#[tokio::test]
async fn a_disabled_key_is_refused_by_the_next_request_until_it_is_enabled() {
    let scene = Scene::new().await;
    assert!(scene.authenticate().await.is_ok());
    scene.enable(false).await;
    assert!(matches!(
        scene.authenticate().await,
        Err(AuthenticateError::Invalid)
    ));
    scene.enable(true).await;
    assert!(scene.authenticate().await.is_ok());
}

#[tokio::test]
async fn a_changed_scope_counts_from_the_next_request() {
    let scene = Scene::new().await;
    let scopes = Some(vec![Scope::SessionsRead]);
    scene
        .change(ApiKeyChange {
            scopes,
            ..ApiKeyChange::default()
        })
        .await;
    let principal = scene.authenticate().await.unwrap();
    assert!(principal.may(Scope::SessionsRead));
    assert!(!principal.may(Scope::WebhooksRead));
}

#[tokio::test]
async fn a_deleted_key_is_refused_by_the_next_request_and_gone() {
    let scene = Scene::new().await;
    scene.delete().await.unwrap();
    assert!(matches!(
        scene.authenticate().await,
        Err(AuthenticateError::Invalid)
    ));
    assert_eq!(scene.listed().await, []);
    let id = scene.key.id;
    assert!(matches!(
        scene.delete().await,
        Err(Missing::NotFound { id: missing, .. }) if missing == id.to_string()
    ));
}

#[tokio::test]
async fn a_foreign_or_unknown_key_is_left_alone() {
    let scene = Scene::new().await;
    let stranger = scene.kit.seed.organization().await;
    let unknown = ApiKeyId::generate(scene.kit.seed.make.entropy());
    let webhooks = &scene.kit.webhooks;
    for (organization, id) in [(&stranger, scene.key.id), (&scene.organization, unknown)] {
        let caller = caller_of(organization.id);
        let changed = webhooks.update_api_key(&caller, id, ApiKeyChange::default());
        assert!(matches!(changed.await, Err(Missing::NotFound { .. })));
        let deleted = webhooks.delete_api_key(&caller, id).await;
        assert!(matches!(deleted, Err(Missing::NotFound { .. })));
    }
    assert_eq!(scene.listed().await, [scene.key]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn every_accepted_request_is_counted_once() {
    let scene = Scene::new().await;
    let requests = (0..16).map(|_| {
        let (webhooks, plaintext) = (Arc::clone(&scene.kit.webhooks), scene.plaintext.clone());
        async move {
            let accepted = webhooks.authenticate_api_key(&plaintext).await;
            accepted.expect("the key is enabled");
            webhooks.flush_api_key_usage().await.expect("it is well");
        }
    });
    at_once(requests.collect()).await;
    assert_eq!(scene.listed().await[0].request_count, 16);
    assert_eq!(scene.listed().await[0].request_count, 16);
}

#[tokio::test]
async fn a_refused_request_is_not_counted() {
    let scene = Scene::new().await;
    scene.enable(false).await;
    drop(scene.authenticate().await);
    assert_eq!(scene.listed().await[0].request_count, 0);
}

#[tokio::test]
async fn counts_that_could_not_be_written_are_written_the_next_time() {
    let scene = Scene::new().await;
    scene.authenticate().await.unwrap();
    scene.kit.store.fail_next(1);
    assert!(scene.kit.webhooks.flush_api_key_usage().await.is_err());
    scene.authenticate().await.unwrap();
    assert_eq!(scene.listed().await[0].request_count, 2);
}

#[tokio::test]
async fn a_change_keeps_the_count_and_a_count_keeps_the_change() {
    let scene = Scene::new().await;
    scene.authenticate().await.unwrap();
    scene.kit.webhooks.flush_api_key_usage().await.unwrap();
    scene.authenticate().await.unwrap();
    scene.enable(false).await;
    let listed = scene.listed().await.remove(0);
    assert_eq!((listed.request_count, listed.enabled), (2, false));
}

#[tokio::test]
async fn the_count_of_a_deleted_key_is_passed_over() {
    let scene = Scene::new().await;
    scene.authenticate().await.unwrap();
    scene.delete().await.unwrap();
    scene.kit.webhooks.flush_api_key_usage().await.unwrap();
}
