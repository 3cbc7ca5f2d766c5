//! What waits for an endpoint: held or not, it is due once endpoint and organization are enabled.

use std::time::Duration;

use kayle_app::ports::store::{DeliveryFilter, ResumeScope, StoreError};
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

    let scope = ResumeScope::Endpoint(subscriber.endpoint.id);
    let resumed = resume(test, subscriber.organization.id, &scope).await?;
    assert_eq!(resumed, 2);
    for delivery in held {
        assert_resumed(test, &delivery, now).await?;
    }
    assert_eq!(test.stored(&elsewhere).await?, elsewhere);
    assert_eq!(test.stored(&pending).await?, pending);
    Ok(())
}

pub async fn what_waits_for_its_time_at_an_endpoint_is_resumed(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let other = test.seed.subscriber(&subscriber.organization).await;
    let in_an_hour = test.now().plus(Duration::from_hours(1));
    let first = test.due(&subscriber, in_an_hour).await?;
    test.seed.make.clock.advance(Duration::from_millis(1));
    let early = [first, test.due(&subscriber, in_an_hour).await?];
    let held = test.held(&subscriber).await?;
    let elsewhere = test.due(&other, in_an_hour).await?;
    let now = test.seed.make.clock.advance(Duration::from_secs(1));

    let scope = ResumeScope::Endpoint(subscriber.endpoint.id);
    let resumed = resume(test, subscriber.organization.id, &scope).await?;
    assert_eq!(resumed, 3);
    for delivery in early.iter().chain([&held]) {
        assert_resumed(test, delivery, now).await?;
    }
    assert_eq!(test.stored(&elsewhere).await?, elsewhere);
    let claimed = test.claim("a", 10).await?.into_iter();
    let order: Vec<_> = claimed.map(|claim| claim.delivery.id).collect();
    let [first, second] = early;
    assert_eq!(order, [held.id, first.id, second.id]);
    Ok(())
}

pub async fn a_frozen_organization_keeps_its_deliveries_held(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let held = test.held(&subscriber).await?;
    let in_an_hour = test.now().plus(Duration::from_hours(1));
    let early = test.due(&subscriber, in_an_hour).await?;
    test.set_frozen(&subscriber.organization, true).await?;
    let scope = ResumeScope::Endpoint(subscriber.endpoint.id);
    let resumed = resume(test, subscriber.organization.id, &scope).await?;
    assert_eq!(resumed, 0);
    assert_eq!(test.stored(&held).await?, held);
    assert_eq!(test.stored(&early).await?, early);
    Ok(())
}

pub async fn a_thawed_organization_resumes_its_enabled_endpoints_only(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let organization = &subscriber.organization;
    let other = test.seed.subscriber(organization).await;
    let disabled = test.disabled_subscriber(organization).await;
    let stranger = test.subscriber().await;
    let in_an_hour = test.now().plus(Duration::from_hours(1));
    let waiting = [
        test.held(&subscriber).await?,
        test.held(&other).await?,
        test.due(&other, in_an_hour).await?,
    ];
    let still_waiting = [
        test.held(&disabled).await?,
        test.held(&stranger).await?,
        test.due(&disabled, in_an_hour).await?,
        test.due(&stranger, in_an_hour).await?,
    ];
    let now = test.seed.make.clock.advance(Duration::from_secs(1));

    let resumed = resume(test, organization.id, &ResumeScope::Organization).await?;
    assert_eq!(resumed, 3);
    for delivery in waiting {
        assert_resumed(test, &delivery, now).await?;
    }
    for delivery in still_waiting {
        assert_eq!(test.stored(&delivery).await?, delivery);
    }
    Ok(())
}

pub async fn a_foreign_endpoint_resumes_nothing(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let held = test.held(&subscriber).await?;
    let stranger = test.seed.organization().await;
    let scope = ResumeScope::Endpoint(subscriber.endpoint.id);
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
    scope: &ResumeScope,
) -> Result<u64, StoreError> {
    let mut tx = test.store.begin().await?;
    let resumed = tx
        .resume_deliveries(organization_id, scope, test.now())
        .await?;
    tx.commit().await?;
    Ok(resumed)
}

async fn assert_resumed(test: &TestStore, waiting: &Delivery, now: Timestamp) -> Outcome {
    let expected = step(waiting, Input::Resumed, now).expect("it waits");
    assert_eq!(test.stored(waiting).await?, expected.delivery);
    Ok(())
}
