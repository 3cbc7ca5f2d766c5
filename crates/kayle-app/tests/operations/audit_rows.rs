//! One row for every change, with who made it, in the change's own transaction.

use kayle_app::access::{Actor, ApiKeyMetadata, ApiKeyName, Caller, Role, Scope};
use kayle_app::api_keys::{ApiKeyChange, NewApiKey, NewSessionToken};
use kayle_app::audit::AuditRow;
use kayle_app::encryption_keys::NewEncryptionKey;
use kayle_app::endpoints::NewEndpoint;
use kayle_app::sessions::NewSessionRequest;
use kayle_endpoints::{
    EndpointChange, EndpointName, EndpointUrl, KeyId, Labels, Retention, RetryScheduleName,
    Subscription,
};
use kayle_events::FailureCode;
use kayle_primitives::{ApiKeyId, Organization, PageLimit, PageRequest};
use kayle_sessions::{RedirectUrl, ShareContract, Targets};
use kayle_testkit::builders::private_key;
use kayle_testkit::sender::Answer;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::world::{
    caller_of, claims, deliveries, failed, first_page, session, succeeded, text, turn,
};

/// Parts of what is given to the operations that must show in no row.
const SECRETS: [&str; 5] = ["customer.example", "hidden", "whsec_", "kk_", "Curie"];

async fn rows(kit: &TestWebhooks, organization: &Organization) -> Vec<AuditRow> {
    let page = first_page();
    let rows = kit.webhooks.list_audit_rows(organization.id, &page).await;
    let mut rows = rows.expect("the store is well").expect("no cursor").items;
    rows.sort_by_key(|row| row.sequence);
    rows
}

/// Returns what was done to what, in order.
async fn told(kit: &TestWebhooks, organization: &Organization) -> Vec<(String, String, Value)> {
    let rows = rows(kit, organization).await.into_iter();
    rows.map(|row| (row.action, row.subject_id, Value::Object(row.details)))
        .collect()
}

fn row(action: &str, subject: &impl ToString, details: Value) -> (String, String, Value) {
    (action.to_owned(), subject.to_string(), details)
}

fn new_endpoint() -> NewEndpoint {
    let url = "https://hooks.example/kayle";
    NewEndpoint {
        name: None,
        labels: Labels::from_stored(Vec::new()),
        url: EndpointUrl::from_stored(url.to_owned()),
        enabled: true,
        subscription: Subscription::default(),
        retention: Retention::default(),
        retry_schedule: RetryScheduleName::Short,
    }
}

fn new_key() -> NewEncryptionKey {
    let public = private_key().public_jwk_members();
    let jwk = json!({ "kty": "RSA", "n": public.n, "e": public.e });
    NewEncryptionKey {
        key_id: KeyId::parse("hidden").expect("it is short"),
        jwk: serde_json::from_value(jwk).expect("it is an object"),
        activate: true,
    }
}

fn an_api_key(kit: &TestWebhooks, organization: &Organization) -> Caller {
    Caller {
        organization_id: organization.id,
        actor: Actor::ApiKey(ApiKeyId::generate(kit.seed.make.entropy())),
    }
}

fn a_person(organization: &Organization) -> Caller {
    Caller {
        organization_id: organization.id,
        actor: Actor::User(Uuid::from_u128(7)),
    }
}

#[tokio::test]
async fn what_is_done_to_endpoints_and_keys_is_told_with_the_caller() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let caller = an_api_key(&kit, &organization);
    let webhooks = &kit.webhooks;
    let endpoint = webhooks.create_endpoint(&caller, new_endpoint()).await;
    let id = endpoint.unwrap().endpoint.id;
    let change = EndpointChange {
        name: Some(Some(EndpointName::parse("hidden").unwrap())),
        url: Some(EndpointUrl::from_stored(
            "https://customer.example/hidden".to_owned(),
        )),
        enabled: Some(false),
        retention: Some(Retention::OneDay),
        ..EndpointChange::default()
    };
    webhooks
        .update_endpoint(&caller, &id, change)
        .await
        .unwrap();
    webhooks.reveal_signing_secret(&caller, &id).await.unwrap();
    webhooks.rotate_signing_secret(&caller, &id).await.unwrap();
    let key = webhooks.register_encryption_key(&caller, &id, new_key());
    let key = key.await.unwrap().id;
    let off = webhooks.deactivate_encryption_key(&caller, &key).await;
    off.unwrap();
    let on = webhooks.reactivate_encryption_key(&caller, &key).await;
    on.unwrap();
    webhooks.delete_endpoint(&caller, &id).await.unwrap();

    let of_endpoint = json!({ "webhook_endpoint_id": id.as_str() });
    let changed = json!({
        "changed": ["name", "url", "enabled", "undelivered_payload_retention_hours"],
        "enabled": false, "undelivered_payload_retention_hours": 24,
    });
    assert_eq!(
        told(&kit, &organization).await,
        [
            row(
                "webhook_endpoint.created",
                &id,
                json!({ "enabled": true, "url": "https://hooks.example/kayle" }),
            ),
            row("webhook_endpoint.updated", &id, changed),
            row("webhook_endpoint.signing_secret.revealed", &id, json!({})),
            row("webhook_endpoint.signing_secret.rotated", &id, json!({})),
            row(
                "webhook_encryption_key.registered",
                &key,
                of_endpoint.clone()
            ),
            row(
                "webhook_encryption_key.deactivated",
                &key,
                of_endpoint.clone()
            ),
            row("webhook_encryption_key.reactivated", &key, of_endpoint),
            row(
                "webhook_endpoint.deleted",
                &id,
                json!({ "dropped_deliveries": 0 })
            ),
        ]
    );
    let rows = rows(&kit, &organization).await;
    assert!(rows.iter().all(|row| row.actor == caller.actor));
}

#[tokio::test]
async fn what_is_asked_for_again_is_told() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    let url = subscriber.endpoint.url.as_submitted();
    kit.sender.script(url, [Answer::status(500)]);
    let delivery = kit.seed.delivery(&subscriber).await;
    turn(&kit).await;
    let caller = a_person(&organization);
    let webhooks = &kit.webhooks;
    let retried = webhooks.retry_delivery(&caller, &delivery.id).await;
    retried.unwrap();
    let replayed = webhooks.replay_event(&caller, &delivery.event_id).await;
    replayed.unwrap();
    assert_eq!(
        told(&kit, &organization).await,
        [
            row("webhook_delivery.retried", &delivery.id, json!({})),
            row(
                "webhook_event.replayed",
                &delivery.event_id,
                json!({ "requeued_deliveries": 1 })
            ),
        ]
    );
    let rows = rows(&kit, &organization).await;
    assert!(rows.iter().all(|row| row.actor == caller.actor));
}

#[tokio::test]
async fn what_is_done_to_a_session_is_told_but_not_what_services_report() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    kit.seed.subscriber(&organization).await;
    let caller = an_api_key(&kit, &organization);
    let webhooks = &kit.webhooks;
    let redirect_url = RedirectUrl::parse("https://customer.example/hidden").unwrap();
    let request = NewSessionRequest {
        share_contract: ShareContract::everything(),
        redirect_url: Some(redirect_url),
        targets: Targets::EVERY_ENDPOINT,
    };
    let created = webhooks.create_session(&caller, request).await.unwrap();
    let cancelled = &created.session.id;
    webhooks.begin_session(cancelled).await.unwrap();
    webhooks.cancel_session(&caller, cancelled).await.unwrap();
    webhooks.cancel_session(&caller, cancelled).await.unwrap();

    let withdrawn = session(&kit, &organization).await.id;
    let report = succeeded(claims([("family_name", text("Curie"))]));
    webhooks.report_attempt(&withdrawn, report).await.unwrap();
    let redeemed = webhooks.withdraw(&withdrawn, "a cancel token").await;
    redeemed.unwrap();
    let again = webhooks.withdraw(&withdrawn, "a cancel token").await;
    again.unwrap();

    let counts = json!({ "scrubbed_deliveries": 1, "endpoints_told": 0 });
    assert_eq!(
        told(&kit, &organization).await,
        [
            row("session.created", cancelled, json!({})),
            row("session.cancelled", cancelled, json!({})),
            row("session.privacy_request.submitted", &withdrawn, counts),
        ]
    );
    let actors = rows(&kit, &organization).await.into_iter();
    let actors: Vec<Actor> = actors.map(|row| row.actor).collect();
    let by = &caller.actor;
    assert_eq!(actors, [by.clone(), by.clone(), Actor::System]);
}

#[tokio::test]
async fn a_failed_check_is_told_while_its_session_goes_on() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let session = session(&kit, &organization).await.id;
    for _ in 0..3 {
        let report = failed(FailureCode::LivenessFailed);
        kit.webhooks.report_attempt(&session, report).await.unwrap();
    }
    let rows = rows(&kit, &organization).await;
    let told = rows
        .iter()
        .map(|row| (&*row.action, &row.details["failure_code"]));
    // The third one ends the session, and an event tells of it.
    let expected = ("session.check.failed", &json!("liveness_failed"));
    assert_eq!(told.collect::<Vec<_>>(), [expected, expected]);
    assert!(rows.iter().all(|row| row.subject_id == session.as_str()));
}

#[tokio::test]
async fn what_is_done_to_api_keys_is_told() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let caller = a_person(&organization);
    let new = NewApiKey {
        name: ApiKeyName::parse("hidden").unwrap(),
        scopes: vec![Scope::WebhooksRead],
        metadata: ApiKeyMetadata::default(),
    };
    let created = kit.webhooks.create_api_key(&caller, new).await.unwrap();
    let id = created.key.id;
    let disabled = ApiKeyChange {
        enabled: Some(false),
        ..ApiKeyChange::default()
    };
    let changed = kit.webhooks.update_api_key(&caller, id, disabled).await;
    changed.unwrap();
    kit.webhooks.delete_api_key(&caller, id).await.unwrap();
    assert_eq!(
        told(&kit, &organization).await,
        [
            row(
                "api_key.created",
                &id,
                json!({ "permissions": ["webhooks:read"] })
            ),
            row("api_key.updated", &id, json!({ "changed": ["enabled"] })),
            row("api_key.deleted", &id, json!({})),
        ]
    );
}

#[tokio::test]
async fn what_an_operator_does_is_told_once_for_each_change() {
    let kit = test_webhooks();
    let webhooks = &kit.webhooks;
    let organization = webhooks.create_organization("hidden Ltd").await.unwrap();
    let user_id = Uuid::from_u128(9);
    let token = NewSessionToken {
        user_id: Some(user_id),
        role: Role::Admin,
        ttl: std::time::Duration::from_hours(8),
    };
    let minted = webhooks.mint_session_token(organization.id, token).await;
    minted.unwrap();
    for _ in 0..2 {
        let freeze = webhooks.freeze_organization(organization.id).await;
        freeze.unwrap();
    }
    let unfreeze = webhooks.unfreeze_organization(organization.id).await;
    unfreeze.unwrap();
    let id = organization.id;
    assert_eq!(
        told(&kit, &organization).await,
        [
            row("organization.created", &id, json!({})),
            row(
                "session_token.created",
                &user_id,
                json!({ "role": "admin" })
            ),
            row("organization.frozen", &id, json!({})),
            row("organization.unfrozen", &id, json!({})),
        ]
    );
    let rows = rows(&kit, &organization).await;
    assert!(rows.iter().all(|row| row.actor == Actor::System));
}

#[tokio::test]
async fn what_was_refused_is_not_told() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let stranger = kit.seed.organization().await;
    let subscriber = kit.seed.subscriber(&organization).await;
    kit.seed.delivery(&subscriber).await;
    turn(&kit).await;
    let delivered = deliveries(&kit, organization.id).await.remove(0);
    let session = session(&kit, &organization).await;
    let webhooks = &kit.webhooks;

    let own = caller_of(organization.id);
    assert!(webhooks.retry_delivery(&own, &delivered.id).await.is_err());
    let replayed = webhooks.replay_event(&own, &delivered.event_id).await;
    assert!(replayed.is_err());
    let withdrawn = webhooks.withdraw(&session.id, "another token").await;
    assert!(withdrawn.is_err());
    let foreign = caller_of(stranger.id);
    let endpoint = &subscriber.endpoint.id;
    let change = EndpointChange::default();
    let changed = webhooks.update_endpoint(&foreign, endpoint, change).await;
    assert!(changed.is_err());
    assert!(webhooks.delete_endpoint(&foreign, endpoint).await.is_err());

    assert_eq!(told(&kit, &organization).await, []);
    assert_eq!(told(&kit, &stranger).await, []);
}

#[tokio::test]
async fn no_row_holds_a_secret_or_a_claim() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let caller = an_api_key(&kit, &organization);
    let webhooks = &kit.webhooks;
    let created = webhooks.create_endpoint(&caller, new_endpoint()).await;
    let id = created.unwrap().endpoint.id;
    let key = webhooks.register_encryption_key(&caller, &id, new_key());
    key.await.unwrap();
    let moved = EndpointChange {
        url: Some(new_endpoint().url),
        labels: Some(Labels::from_stored(vec!["hidden".to_owned()])),
        ..EndpointChange::default()
    };
    webhooks.update_endpoint(&caller, &id, moved).await.unwrap();
    webhooks.reveal_signing_secret(&caller, &id).await.unwrap();
    webhooks.rotate_signing_secret(&caller, &id).await.unwrap();
    let session = session(&kit, &organization).await;
    let report = succeeded(claims([("family_name", text("Curie"))]));
    webhooks.report_attempt(&session.id, report).await.unwrap();
    let redeemed = webhooks.withdraw(&session.id, "a cancel token").await;
    redeemed.unwrap();

    for row in rows(&kit, &organization).await {
        let written = format!("{row:?}");
        for secret in SECRETS {
            assert!(!written.contains(secret), "{secret} in {written}");
        }
    }
}

#[tokio::test]
async fn the_log_is_listed_newest_first_page_by_page() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let caller = caller_of(organization.id);
    for _ in 0..5 {
        let created = kit.webhooks.create_endpoint(&caller, new_endpoint()).await;
        created.unwrap();
        kit.clock.advance(std::time::Duration::from_secs(1));
    }
    let mut listed = Vec::new();
    let mut page = PageRequest {
        limit: PageLimit::new(2).unwrap(),
        starting_after: None,
    };
    loop {
        let found = kit.webhooks.list_audit_rows(organization.id, &page).await;
        let found = found.unwrap().unwrap();
        page.starting_after = found.items.last().map(|row| row.id.clone());
        listed.extend(found.items.into_iter().map(|row| row.sequence));
        if !found.has_more {
            break;
        }
    }
    assert_eq!(listed, [5, 4, 3, 2, 1]);
    let stranger = kit.seed.organization().await;
    let foreign = kit.webhooks.list_audit_rows(stranger.id, &page).await;
    assert_eq!(foreign.unwrap(), None, "the cursor is another's");
}
