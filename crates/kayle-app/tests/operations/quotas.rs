//! How much one organization may have.

use std::time::Duration;

use kayle_app::access::{ApiKeyMetadata, ApiKeyName, Scope};
use kayle_app::api_keys::{CreateApiKeyError, NewApiKey};
use kayle_app::encryption_keys::{NewEncryptionKey, RegisterKeyError};
use kayle_app::endpoints::{CreateEndpointError, NewEndpoint};
use kayle_app::quotas::{LimitReached, Quotas, TooMany};
use kayle_app::sessions::{CreateSessionError, NewSessionRequest};
use kayle_app::{Settings, limits};
use kayle_endpoints::{EndpointUrl, KeyId, Labels, Retention, RetryScheduleName, Subscription};
use kayle_primitives::{Organization, OrganizationId};
use kayle_sessions::{ShareContract, Targets};
use kayle_testkit::builders::private_key;
use kayle_testkit::webhooks::{TestWebhooks, test_settings, test_webhooks, test_webhooks_with};
use serde_json::{Value, json};

use crate::world::caller_of;

/// Two endpoints and three open sessions are all that an organization may have.
fn narrow() -> TestWebhooks {
    test_webhooks_with(Settings {
        quotas: Quotas {
            endpoints_max: 2,
            open_sessions_max: 3,
        },
        ..test_settings()
    })
}

async fn add_endpoint(kit: &TestWebhooks, id: OrganizationId) -> Result<(), CreateEndpointError> {
    let url = "https://hooks.customer.example/kayle";
    let new = NewEndpoint {
        name: None,
        labels: Labels::from_stored(Vec::new()),
        url: EndpointUrl::parse(url, kit.webhooks.url_policy()).expect("it is public"),
        enabled: true,
        subscription: Subscription::default(),
        retention: Retention::default(),
        retry_schedule: RetryScheduleName::default(),
    };
    let caller = caller_of(id);
    kit.webhooks.create_endpoint(&caller, new).await.map(drop)
}

async fn open_session(kit: &TestWebhooks, id: OrganizationId) -> Result<(), CreateSessionError> {
    let request = NewSessionRequest {
        share_contract: ShareContract::everything(),
        redirect_url: None,
        targets: Targets::EVERY_ENDPOINT,
    };
    let caller = caller_of(id);
    kit.webhooks
        .create_session(&caller, request)
        .await
        .map(drop)
}

#[tokio::test]
async fn an_organization_has_no_more_endpoints_than_it_may() {
    let kit = narrow();
    let organization = kit.seed.organization().await;
    let other = kit.seed.organization().await;
    for _ in 0..2 {
        add_endpoint(&kit, organization.id).await.unwrap();
    }
    let refused = add_endpoint(&kit, organization.id).await;
    let Err(CreateEndpointError::LimitReached(limit)) = refused else {
        panic!("{refused:?}");
    };
    let what = "endpoints";
    assert_eq!(limit, LimitReached { what, max: 2 });
    add_endpoint(&kit, other.id).await.unwrap();
}

#[tokio::test]
async fn a_deleted_endpoint_makes_room_for_another() {
    let kit = narrow();
    let organization = kit.seed.organization().await;
    let endpoint = kit.seed.subscriber(&organization).await.endpoint;
    add_endpoint(&kit, organization.id).await.unwrap();
    add_endpoint(&kit, organization.id).await.unwrap_err();
    let caller = caller_of(organization.id);
    let deleted = kit.webhooks.delete_endpoint(&caller, &endpoint.id);
    deleted.await.unwrap();
    add_endpoint(&kit, organization.id).await.unwrap();
}

#[tokio::test]
async fn an_organization_has_no_more_api_keys_than_it_may() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let add = async || {
        let new = NewApiKey {
            name: ApiKeyName::parse("server").unwrap(),
            scopes: vec![Scope::WebhooksRead],
            metadata: ApiKeyMetadata::default(),
        };
        let caller = caller_of(organization.id);
        kit.webhooks.create_api_key(&caller, new).await.map(drop)
    };
    for _ in 0..limits::API_KEYS_MAX {
        add().await.unwrap();
    }
    let refused = add().await;
    assert!(
        matches!(refused, Err(CreateApiKeyError::LimitReached(_))),
        "{refused:?}"
    );
}

#[tokio::test]
async fn after_twenty_keys_within_a_day_the_next_one_waits_until_the_first_is_a_day_old() {
    let kit = test_webhooks();
    let organization: Organization = kit.seed.organization().await;
    let endpoint = kit.seed.make.endpoint(&organization);
    kit.seed.endpoint(&endpoint).await;
    let register = async || {
        let public = private_key().public_jwk_members();
        let jwk = json!({ "kty": "RSA", "n": public.n, "e": public.e });
        let Value::Object(jwk) = jwk else {
            unreachable!("it is an object");
        };
        let key_id = KeyId::parse("key").unwrap();
        let new = NewEncryptionKey {
            key_id,
            jwk,
            activate: true,
        };
        let caller = caller_of(organization.id);
        let registered = kit
            .webhooks
            .register_encryption_key(&caller, &endpoint.id, new);
        registered.await.map(drop)
    };
    for _ in 0..limits::KEYS_PER_DAY_MAX {
        register().await.unwrap();
        kit.clock.advance(Duration::from_mins(1));
    }
    let refused = register().await;
    let Err(RegisterKeyError::TooMany(TooMany { retry_after, .. })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(retry_after, Duration::from_mins(24 * 60 - 20));
    kit.clock
        .advance(retry_after.saturating_sub(Duration::from_millis(1)));
    register().await.unwrap_err();
    kit.clock.advance(Duration::from_millis(1));
    register().await.unwrap();
    register().await.unwrap_err();
}

#[tokio::test]
async fn an_organization_with_too_many_open_sessions_is_asked_to_come_again() {
    let kit = narrow();
    let organization = kit.seed.organization().await;
    let other = kit.seed.organization().await;
    for _ in 0..3 {
        open_session(&kit, organization.id).await.unwrap();
    }
    let refused = open_session(&kit, organization.id).await;
    let Err(CreateSessionError::TooMany(TooMany { retry_after, .. })) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!(retry_after, limits::REFUSED_SESSIONS_DELAY);
    open_session(&kit, other.id).await.unwrap();
}

#[tokio::test]
async fn sessions_that_have_ended_make_room_for_others() {
    let kit = narrow();
    let organization = kit.seed.organization().await;
    for _ in 0..3 {
        open_session(&kit, organization.id).await.unwrap();
    }
    open_session(&kit, organization.id).await.unwrap_err();
    kit.clock.advance(Duration::from_hours(1));
    kit.webhooks.sweep().await.unwrap();
    open_session(&kit, organization.id).await.unwrap();
}
