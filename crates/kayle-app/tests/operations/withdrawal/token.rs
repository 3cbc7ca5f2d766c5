//! Whose token it is, and how often it can be redeemed (contract 3.9).

use kayle_app::privacy::WithdrawError;
use kayle_primitives::SessionId;
use kayle_testkit::webhooks::test_webhooks;

use super::scene::{Scene, TOKEN};
use crate::world::{claims, everything, session_with, succeeded};

#[tokio::test]
async fn a_second_redemption_is_accepted_and_changes_nothing() {
    let scene = Scene::new().await;
    scene.endpoint().await;
    scene.report(succeeded(claims([]))).await;
    scene.withdraw().await.unwrap();
    let before = everything(&scene.kit, scene.organization.id).await;
    scene.withdraw().await.unwrap();
    assert_eq!(everything(&scene.kit, scene.organization.id).await, before);
}

#[tokio::test]
async fn another_token_is_refused_before_and_after_the_redemption() {
    let scene = Scene::new().await;
    scene.endpoint().await;
    let before = everything(&scene.kit, scene.organization.id).await;
    for wrong in ["", "another token", "a cancel token "] {
        let refused = scene.kit.webhooks.withdraw(&scene.session.id, wrong).await;
        assert!(matches!(refused, Err(WithdrawError::TokenMismatch)));
    }
    assert_eq!(everything(&scene.kit, scene.organization.id).await, before);
    scene.withdraw().await.unwrap();
    let refused = scene.kit.webhooks.withdraw(&scene.session.id, "another");
    assert!(matches!(refused.await, Err(WithdrawError::TokenMismatch)));
}

#[tokio::test]
async fn a_wrong_token_does_not_expire_an_overdue_session() {
    let scene = Scene::new().await;
    scene.kit.clock.set(scene.session.expires_at);
    let refused = scene.kit.webhooks.withdraw(&scene.session.id, "another");
    assert!(matches!(refused.await, Err(WithdrawError::TokenMismatch)));
    assert_eq!(scene.stored().await, scene.session);
}

#[tokio::test]
async fn a_redeemed_token_of_a_session_that_has_not_ended_is_refused() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let now = kit.webhooks.now();
    let session = session_with(&kit, &organization, |session| {
        session.withdrawn_at = Some(now);
    })
    .await;
    let refused = kit.webhooks.withdraw(&session.id, TOKEN).await;
    assert!(matches!(refused, Err(WithdrawError::TokenUsed)));
}

#[tokio::test]
async fn an_unknown_session_and_one_of_a_frozen_organization_are_missing() {
    let scene = Scene::new().await;
    let unknown = SessionId::parse("vs_unknown").unwrap();
    let refused = scene.kit.webhooks.withdraw(&unknown, TOKEN).await;
    assert!(matches!(refused, Err(WithdrawError::NotFound)));

    let organization = scene.organization.id;
    let freeze = scene.kit.webhooks.freeze_organization(organization);
    freeze.await.unwrap();
    for token in [TOKEN, "another"] {
        let refused = scene.kit.webhooks.withdraw(&scene.session.id, token).await;
        assert!(matches!(refused, Err(WithdrawError::NotFound)));
    }
    assert_eq!(scene.stored().await, scene.session);
}
