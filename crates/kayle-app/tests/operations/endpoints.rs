//! An endpoint and its signing secret.

use kayle_app::access::Caller;
use kayle_app::endpoints::{CreatedEndpoint, NewEndpoint, RevealSecretError};
use kayle_app::ports::store::Store;
use kayle_crypto::{KeyRing, OpenError, Sealed};
use kayle_endpoints::{EndpointUrl, Labels, Retention, RetryScheduleName, Subscription};
use kayle_primitives::{EndpointId, Organization};
use kayle_testkit::builders::key_ring;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};

use crate::world::webhooks_with_keys;

fn new_endpoint(kit: &TestWebhooks) -> NewEndpoint {
    let url = "https://hooks.customer.example/kayle";
    NewEndpoint {
        name: None,
        labels: Labels::from_stored(Vec::new()),
        url: EndpointUrl::parse(url, kit.webhooks.url_policy()).expect("it is public"),
        enabled: true,
        subscription: Subscription::default(),
        retention: Retention::default(),
        retry_schedule: RetryScheduleName::default(),
    }
}

async fn created(kit: &TestWebhooks, organization: &Organization) -> CreatedEndpoint {
    let caller = Caller::system(organization.id);
    let created = kit.webhooks.create_endpoint(&caller, new_endpoint(kit));
    created.await.expect("the store is well")
}

/// Stores an endpoint whose secret is sealed as given.
async fn sealed_endpoint(kit: &TestWebhooks, seal: impl Fn(&EndpointId) -> Sealed) -> EndpointId {
    let organization = kit.seed.organization().await;
    let endpoint = kit.seed.make.endpoint(&organization);
    let mut tx = kit.seed.begin().await;
    let stored = tx.insert_endpoint(&endpoint, &seal(&endpoint.id)).await;
    stored.expect("the store is well");
    tx.commit().await.expect("the store is well");
    let caller = Caller::system(organization.id);
    let revealed = kit.webhooks.reveal_signing_secret(&caller, &endpoint.id);
    match revealed.await {
        Err(RevealSecretError::Sealed(_)) => endpoint.id,
        other => panic!("a secret that cannot be opened was answered with {other:?}"),
    }
}

#[tokio::test]
async fn the_secret_of_a_created_endpoint_is_revealed_unchanged() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let CreatedEndpoint {
        endpoint,
        signing_secret,
    } = created(&kit, &organization).await;
    for _ in 0..2 {
        let caller = Caller::system(organization.id);
        let revealed = kit.webhooks.reveal_signing_secret(&caller, &endpoint.id);
        assert_eq!(revealed.await.unwrap(), signing_secret);
    }
}

#[tokio::test]
async fn the_secret_is_stored_sealed_for_its_own_row() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let created = created(&kit, &organization).await;
    let reads = kit.store.reads();
    let id = &created.endpoint.id;
    let sealed = reads.find_signing_secret(organization.id, id).await;
    let sealed = sealed.unwrap().unwrap();
    let plain = created.signing_secret.expose().as_bytes();
    assert!(!sealed.bytes.windows(plain.len()).any(|part| part == plain));
    assert!(key_ring().open_signing_secret(id.as_str(), &sealed).is_ok());
    assert!(
        key_ring()
            .open_signing_secret("whe_other", &sealed)
            .is_err()
    );
}

#[tokio::test]
async fn a_created_endpoint_is_as_it_was_asked_for() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let asked = NewEndpoint {
        retention: Retention::OneDay,
        retry_schedule: RetryScheduleName::Short,
        enabled: false,
        ..new_endpoint(&kit)
    };
    let caller = Caller::system(organization.id);
    let created = kit.webhooks.create_endpoint(&caller, asked).await;
    let created = created.unwrap().endpoint;
    assert_eq!(created.retention, Retention::OneDay);
    assert_eq!(created.retry_schedule, RetryScheduleName::Short);
    assert_eq!(created.disabled_at, Some(kit.webhooks.now()));
    let stored = kit.webhooks.get_endpoint(organization.id, &created.id);
    assert_eq!(stored.await.unwrap(), Some(created));
}

#[tokio::test]
async fn two_endpoints_have_secrets_of_their_own() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let (one, other) = (
        created(&kit, &organization).await,
        created(&kit, &organization).await,
    );
    assert_ne!(one.endpoint.id, other.endpoint.id);
    assert_ne!(one.signing_secret, other.signing_secret);
}

#[tokio::test]
async fn a_foreign_or_unknown_endpoint_has_no_secret_to_reveal() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let stranger = kit.seed.organization().await;
    let id = created(&kit, &organization).await.endpoint.id;
    let unknown = EndpointId::parse("whe_unknown").unwrap();
    for (organization, id) in [(&stranger, &id), (&organization, &unknown)] {
        let caller = Caller::system(organization.id);
        let revealed = kit.webhooks.reveal_signing_secret(&caller, id);
        assert!(matches!(revealed.await, Err(RevealSecretError::NotFound)));
    }
}

#[tokio::test]
async fn a_secret_that_was_sealed_elsewhere_is_not_revealed() {
    let kit = test_webhooks();
    let make = kit.seed.make.clone();
    let elsewhere = KeyRing::new(&[9; 32], &[]).unwrap();
    let seal = |ring: &KeyRing, row_id: &str| {
        ring.seal_signing_secret(row_id, "whsec_test", make.entropy())
    };
    sealed_endpoint(&kit, |id| seal(&elsewhere, id.as_str())).await;
    sealed_endpoint(&kit, |_| seal(&key_ring(), "whe_another_row")).await;
}

#[tokio::test]
async fn a_key_change_keeps_secrets_readable_while_the_old_key_is_in_the_ring() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let old_ring = KeyRing::new(&[9; 32], &[]).unwrap();
    let before = webhooks_with_keys(&kit, old_ring);
    let caller = Caller::system(organization.id);
    let created = before.create_endpoint(&caller, new_endpoint(&kit));
    let created = created.await.unwrap();
    let id = &created.endpoint.id;

    let changed = webhooks_with_keys(&kit, KeyRing::new(&[1; 32], &[&[9; 32]]).unwrap());
    let caller = Caller::system(organization.id);
    let revealed = changed.reveal_signing_secret(&caller, id).await;
    assert_eq!(revealed.unwrap(), created.signing_secret);

    let forgotten = webhooks_with_keys(&kit, KeyRing::new(&[1; 32], &[]).unwrap());
    let caller = Caller::system(organization.id);
    let revealed = forgotten.reveal_signing_secret(&caller, id).await;
    assert!(matches!(
        revealed,
        Err(RevealSecretError::Sealed(OpenError::UnknownKey { .. }))
    ));
}
