//! Tokens of Kayle's own services: accepted, listed, revoked, forgotten.

use std::time::Duration;

use kayle_app::Webhooks;
use kayle_app::access::{Actor, AuthenticateError, OPERATORS};
use kayle_app::ports::store::ServiceToken;
use kayle_app::service_tokens::CreatedServiceToken;
use kayle_crypto::KeyRing;
use kayle_primitives::ServiceTokenId;
use kayle_testkit::builders::key_ring;
use kayle_testkit::webhooks::{TestWebhooks, test_webhooks};
use serde_json::{Value, json};

use crate::world::{first_page, webhooks_with_keys};

const TTL: Duration = Duration::from_mins(1);

async fn created(kit: &TestWebhooks) -> CreatedServiceToken {
    let created = kit.webhooks.create_service_token("intake", TTL).await;
    created.expect("the store is well")
}

async fn accepted(webhooks: &Webhooks, token: &str) -> bool {
    match webhooks.authenticate_service(token).await {
        Ok(_) => true,
        Err(AuthenticateError::Invalid) => false,
        Err(error) => panic!("the store is well: {error}"),
    }
}

async fn listed(kit: &TestWebhooks) -> Vec<ServiceToken> {
    let listed = kit.webhooks.list_service_tokens().await;
    listed.expect("the store is well")
}

/// Returns a token with this id that was made when tokens were not kept.
fn made_before(kit: &TestWebhooks, id: &str) -> String {
    let minted = key_ring().mint_service_token(id, "intake", kit.webhooks.now(), TTL);
    minted.token.to_string()
}

#[tokio::test]
async fn a_service_token_is_accepted_until_it_expires() {
    let kit = test_webhooks();
    let made = created(&kit).await.token;
    let principal = kit.webhooks.authenticate_service(&made.token).await;
    assert_eq!(principal.unwrap().subject, "intake");
    kit.clock.set(made.expires_at);
    assert!(!accepted(&kit.webhooks, &made.token).await);
}

#[tokio::test]
async fn a_service_token_of_another_installation_is_refused() {
    let kit = test_webhooks();
    let elsewhere = webhooks_with_keys(&kit, KeyRing::new(&[9; 32], &[]).unwrap());
    let made = elsewhere.create_service_token("intake", TTL).await;
    let token = made.unwrap().token.token;
    assert!(!accepted(&kit.webhooks, &token).await);
    let joined = webhooks_with_keys(&kit, KeyRing::new(&[1; 32], &[&[9; 32]]).unwrap());
    assert!(accepted(&joined, &token).await);
}

#[tokio::test]
async fn a_text_that_is_no_service_token_is_refused() {
    let kit = test_webhooks();
    for wrong in ["", "kk_unknown", "a.b.c"] {
        assert!(!accepted(&kit.webhooks, wrong).await, "{wrong:?}");
    }
}

#[tokio::test]
async fn a_revoked_service_token_is_refused_at_once_on_every_node() {
    let kit = test_webhooks();
    let node = webhooks_with_keys(&kit, key_ring());
    let (revoked, other) = (created(&kit).await, created(&kit).await);
    assert!(accepted(&node, &revoked.token.token).await);
    let known = kit.webhooks.revoke_service_token(revoked.id).await;
    assert_eq!(known.unwrap().map(|token| token.id), Some(revoked.id));
    for webhooks in [&node, &kit.webhooks] {
        assert!(!accepted(webhooks, &revoked.token.token).await);
        assert!(accepted(webhooks, &other.token.token).await);
    }
}

#[tokio::test]
async fn a_service_token_is_not_accepted_while_nobody_can_say_whether_it_was_revoked() {
    let kit = test_webhooks();
    let made = created(&kit).await.token;
    kit.store.fail_next(1);
    let refused = kit.webhooks.authenticate_service(&made.token).await;
    assert!(matches!(refused, Err(AuthenticateError::Store(_))));
    assert!(accepted(&kit.webhooks, &made.token).await);
}

#[tokio::test]
async fn a_service_token_from_before_they_were_kept_goes_on_working_and_can_be_revoked() {
    let kit = test_webhooks();
    let id = ServiceTokenId::generate(kit.seed.make.entropy());
    let token = made_before(&kit, &id.to_string());
    // Another kind of id than ours, which nobody can name.
    let unnamed = made_before(&kit, "first");
    for token in [&token, &unnamed] {
        assert!(accepted(&kit.webhooks, token).await);
    }
    assert_eq!(kit.webhooks.revoke_service_token(id).await.unwrap(), None);
    assert!(!accepted(&kit.webhooks, &token).await);
    assert!(accepted(&kit.webhooks, &unnamed).await);
}

#[tokio::test]
async fn the_use_of_a_service_token_is_noted_and_makes_an_unknown_one_known() {
    let kit = test_webhooks();
    let made = created(&kit).await;
    let unknown = ServiceTokenId::generate(kit.seed.make.entropy());
    kit.clock.advance(Duration::from_secs(1));
    for token in [
        made.token.token.to_string(),
        made_before(&kit, &unknown.to_string()),
    ] {
        assert!(accepted(&kit.webhooks, &token).await);
    }
    assert_eq!(listed(&kit).await.len(), 1);
    kit.webhooks.flush_service_token_usage().await.unwrap();
    let tokens = listed(&kit).await;
    let ids: Vec<_> = tokens.iter().map(|token| token.id).collect();
    assert_eq!(ids, [unknown, made.id], "the newest first");
    for token in tokens {
        assert_eq!(token.subject.as_deref(), Some("intake"));
        assert_eq!(token.last_used_at, Some(kit.webhooks.now()));
    }
}

#[tokio::test]
async fn service_tokens_are_forgotten_a_day_after_they_ended() {
    let kit = test_webhooks();
    let made = created(&kit).await;
    kit.webhooks.revoke_service_token(made.id).await.unwrap();
    kit.clock.set(made.token.expires_at);
    kit.clock.advance(Duration::from_hours(24));
    kit.webhooks.purge().await.unwrap();
    assert_eq!(listed(&kit).await.len(), 1);
    kit.clock.advance(Duration::from_millis(1));
    kit.webhooks.purge().await.unwrap();
    assert_eq!(listed(&kit).await, []);
}

#[tokio::test]
async fn what_operators_do_with_service_tokens_is_in_a_log_of_their_own() {
    let kit = test_webhooks();
    let made = created(&kit).await;
    let unknown = ServiceTokenId::generate(kit.seed.make.entropy());
    for id in [made.id, made.id, unknown] {
        kit.webhooks.revoke_service_token(id).await.unwrap();
    }
    let rows = kit.webhooks.list_audit_rows(OPERATORS, &first_page()).await;
    let mut rows = rows.unwrap().expect("there is no cursor").items;
    rows.sort_by_key(|row| row.sequence);
    assert!(rows.iter().all(|row| row.actor == Actor::System));
    let told: Vec<_> = rows
        .into_iter()
        .map(|row| (row.action, row.subject_id, Value::Object(row.details)))
        .collect();
    let row = |action: &str, id: ServiceTokenId, details| {
        (format!("service_token.{action}"), id.to_string(), details)
    };
    let expires_at = made.token.expires_at.to_string();
    let expected = [
        row(
            "created",
            made.id,
            json!({ "subject": "intake", "expires_at": expires_at }),
        ),
        row("revoked", made.id, json!({ "subject": "intake" })),
        row("revoked", unknown, json!({ "subject": null })),
    ];
    assert_eq!(told, expected);
    let verified = kit.webhooks.verify_audit_logs().await.unwrap();
    let verified: Vec<_> = verified
        .iter()
        .map(|log| (log.owner(), log.rows, log.broken))
        .collect();
    assert_eq!(verified, [("operators".to_owned(), 3, None)]);
}
