//! Opening a session.

use std::time::Duration;

use kayle_app::ports::store::SessionFilter;
use kayle_app::sessions::{CreateSessionError, NewSessionRequest};
use kayle_primitives::EndpointId;
use kayle_sessions::{SessionState, ShareContract, Targets};
use kayle_testkit::builders::key_ring;
use kayle_testkit::webhooks::test_webhooks;

use crate::world::{caller_of, first_page, stored_session, subscriber_with};

fn request(targets: Targets) -> NewSessionRequest {
    NewSessionRequest {
        share_contract: ShareContract::everything(),
        redirect_url: None,
        targets,
    }
}

fn targets(ids: &[&EndpointId]) -> Targets {
    Targets::new(ids.iter().map(|id| (*id).clone()).collect()).expect("a few targets")
}

#[tokio::test]
async fn a_created_session_has_an_hour_and_waits_for_the_person() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let new = request(Targets::EVERY_ENDPOINT);
    let created = kit
        .webhooks
        .create_session(&caller_of(organization.id), new)
        .await;
    let session = created.unwrap().session;
    assert_eq!(session.state, SessionState::Created);
    let end = kit.webhooks.now().plus(Duration::from_hours(1));
    assert_eq!(session.expires_at, end);
    assert_eq!(stored_session(&kit, &session).await, session);
}

#[tokio::test]
async fn the_cancel_token_is_stored_as_a_hash() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let new = request(Targets::EVERY_ENDPOINT);
    let created = kit
        .webhooks
        .create_session(&caller_of(organization.id), new)
        .await;
    let created = created.unwrap();
    let token = created.cancel_token.expose();
    let stored = stored_session(&kit, &created.session).await;
    assert!(key_ring().verify_cancel_token(token, &stored.cancel_token_hash));
    assert!(!format!("{stored:?}").contains(token));
}

#[tokio::test]
async fn the_targets_are_kept_in_the_order_they_were_named() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let one = kit.seed.subscriber(&organization).await.endpoint.id;
    let other = kit.seed.subscriber(&organization).await.endpoint.id;
    for chosen in [targets(&[&one, &other]), targets(&[&other, &one])] {
        let new = request(chosen.clone());
        let created = kit
            .webhooks
            .create_session(&caller_of(organization.id), new)
            .await;
        assert_eq!(created.unwrap().session.targets, chosen);
    }
}

#[tokio::test]
async fn every_target_is_an_enabled_endpoint_of_the_organization() {
    let kit = test_webhooks();
    let organization = kit.seed.organization().await;
    let stranger = kit.seed.organization().await;
    let enabled = kit.seed.subscriber(&organization).await.endpoint.id;
    let foreign = kit.seed.subscriber(&stranger).await.endpoint.id;
    let now = kit.webhooks.now();
    let disabled = subscriber_with(&kit, &organization, |endpoint| {
        endpoint.disabled_at = Some(now);
    });
    let disabled = disabled.await.endpoint.id;
    let unknown = EndpointId::parse("whe_unknown").unwrap();
    for unavailable in [&foreign, &disabled, &unknown] {
        let new = request(targets(&[&enabled, unavailable]));
        let refused = kit
            .webhooks
            .create_session(&caller_of(organization.id), new)
            .await;
        assert!(matches!(
            refused,
            Err(CreateSessionError::EndpointUnavailable(id)) if id == *unavailable
        ));
    }
    let (filter, page) = (SessionFilter::default(), first_page());
    let listed = kit.webhooks.list_sessions(organization.id, &filter, &page);
    assert_eq!(listed.await.unwrap().items, []);
}
