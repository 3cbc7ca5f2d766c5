//! Held deliveries: they wait until their endpoint and their organization are enabled.

use std::time::Duration;

use kayle_app::ports::store::{DeliveryFilter, HeldScope, StoreError};
use kayle_delivery::{Delivery, DeliveryStatus, Input, step};
use kayle_primitives::{OrganizationId, Timestamp};

use super::pages::first;
use super::{Outcome, TestStore};

pub async fn held_deliveries_of_an_endpoint_are_resumed(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let other = test.seed.subscriber(&subscriber.organization).await;
    let held = [test.held(&subscriber).await?, test.held(&subscriber).await?];
    let elsewhere = test.held(&other).await?;
    let pending = test.seed.delivery(&subscriber).await;
    let now = test.seed.make.clock.advance(Duration::from_secs(1));

    let scope = HeldScope::Endpoint(subscriber.endpoint.id);
    let resumed = resume(test, subscriber.organization.id, &scope).await?;
    assert_eq!(resumed, 2);
    for delivery in held {
        assert_resumed(test, &delivery, now).await?;
    }
    assert_eq!(test.stored(&elsewhere).await?, elsewhere);
    assert_eq!(test.stored(&pending).await?, pending);
    Ok(())
}

pub async fn a_frozen_organization_keeps_its_deliveries_held(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let held = test.held(&subscriber).await?;
    test.set_frozen(&subscriber.organization, true).await?;
    let scope = HeldScope::Endpoint(subscriber.endpoint.id);
    let resumed = resume(test, subscriber.organization.id, &scope).await?;
    assert_eq!(resumed, 0);
    assert_eq!(test.stored(&held).await?, held);
    Ok(())
}

pub async fn a_thawed_organization_resumes_its_enabled_endpoints_only(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let organization = &subscriber.organization;
    let other = test.seed.subscriber(organization).await;
    let disabled = test.disabled_subscriber(organization).await;
    let stranger = test.subscriber().await;
    let held = [test.held(&subscriber).await?, test.held(&other).await?];
    let still_held = [test.held(&disabled).await?, test.held(&stranger).await?];
    let now = test.seed.make.clock.advance(Duration::from_secs(1));

    let resumed = resume(test, organization.id, &HeldScope::Organization).await?;
    assert_eq!(resumed, 2);
    for delivery in held {
        assert_resumed(test, &delivery, now).await?;
    }
    for delivery in still_held {
        assert_eq!(test.stored(&delivery).await?, delivery);
    }
    Ok(())
}

pub async fn a_foreign_endpoint_resumes_nothing(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let held = test.held(&subscriber).await?;
    let stranger = test.seed.organization().await;
    let scope = HeldScope::Endpoint(subscriber.endpoint.id);
    assert_eq!(resume(test, stranger.id, &scope).await?, 0);
    assert_eq!(test.stored(&held).await?, held);
    Ok(())
}

pub async fn held_deliveries_are_listed_as_pending_and_not_claimed(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let held = test.held(&subscriber).await?;
    let filter = DeliveryFilter {
        status: Some(DeliveryStatus::Pending),
        ..DeliveryFilter::default()
    };
    let page = test
        .reads()
        .list_deliveries(subscriber.organization.id, &filter, &first(10))
        .await?;
    assert_eq!(page.expect("there is no cursor").items, [held]);
    assert_eq!(test.claim("a", 10).await?, []);
    assert_eq!(test.queue.next_due_at().await?, None);
    Ok(())
}

async fn resume(
    test: &TestStore,
    organization_id: OrganizationId,
    scope: &HeldScope,
) -> Result<u64, StoreError> {
    let mut tx = test.store.begin().await?;
    let resumed = tx.resume_held(organization_id, scope, test.now()).await?;
    tx.commit().await?;
    Ok(resumed)
}

async fn assert_resumed(test: &TestStore, held: &Delivery, now: Timestamp) -> Outcome {
    let expected = step(held, Input::Resumed, now).expect("it is held");
    assert_eq!(test.stored(held).await?, expected.delivery);
    Ok(())
}
