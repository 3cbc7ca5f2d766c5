//! Deleted endpoints (D5): they are missing, their deliveries are not.

use std::slice;
use std::time::Duration;

use kayle_app::ports::store::{DeliveryFilter, Portion, ResumeScope};
use kayle_delivery::LeaseHolder;
use kayle_endpoints::{Retention, RetryScheduleName};
use kayle_primitives::EndpointId;

use super::encryption_keys::{deactivate, listed, reactivate};
use super::pages::{after, first};
use super::{Outcome, TestStore, assert_conflict};

pub async fn a_deleted_endpoint_is_a_missing_one(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let organization_id = subscriber.organization.id;
    let other = test.seed.subscriber(&subscriber.organization).await;
    let endpoint = &subscriber.endpoint;
    delete(test, &endpoint.id).await?;

    assert_eq!(test.found(endpoint).await?, None);
    assert_eq!(test.secret(endpoint).await?, None);
    let reads = test.reads();
    let listed = reads
        .list_endpoints(organization_id, None, &first(10))
        .await?;
    let listed = listed.expect("there is no cursor").items;
    assert_eq!(listed, slice::from_ref(&other.endpoint));
    let beyond = after(&endpoint.id);
    let beyond = reads.list_endpoints(organization_id, None, &beyond);
    assert!(beyond.await?.is_some(), "a place to go on from");
    let enabled = reads.fanout_endpoints(organization_id).await?;
    let enabled: Vec<_> = enabled.into_iter().map(|found| found.endpoint).collect();
    assert_eq!(enabled, slice::from_ref(&other.endpoint));
    assert!(test.secret(&other.endpoint).await?.is_some());
    Ok(())
}

pub async fn a_list_goes_on_after_an_endpoint_that_was_deleted(test: &TestStore) -> Outcome {
    let oldest = test.subscriber().await;
    test.seed.make.clock.advance(Duration::from_secs(1));
    let shown_last = test.seed.subscriber(&oldest.organization).await;
    delete(test, &shown_last.endpoint.id).await?;
    let beyond = after(&shown_last.endpoint.id);
    let beyond = test
        .reads()
        .list_endpoints(oldest.organization.id, None, &beyond);
    let beyond = beyond.await?.expect("it is a place to go on from");
    assert_eq!(beyond.items, slice::from_ref(&oldest.endpoint));
    let elsewhere = after(&shown_last.endpoint.id);
    let stranger = test.seed.organization().await;
    let elsewhere = test.reads().list_endpoints(stranger.id, None, &elsewhere);
    assert_eq!(elsewhere.await?, None, "of another organization");
    Ok(())
}

pub async fn a_deleted_endpoint_cannot_be_changed(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let endpoint = &subscriber.endpoint;
    delete(test, &endpoint.id).await?;

    let mut tx = test.store.begin().await?;
    let locked = tx.lock_endpoint(endpoint.organization_id, &endpoint.id);
    assert_eq!(locked.await?, None);
    let secret = test.seed.make.sealed_secret(endpoint);
    assert_conflict(tx.save_endpoint(endpoint).await);
    let replaced = tx.replace_signing_secret(&endpoint.id, &secret, test.now());
    assert_conflict(replaced.await);
    assert_conflict(tx.delete_endpoint(&endpoint.id, test.now()).await);
    Ok(())
}

pub async fn keys_of_a_deleted_endpoint_are_missing(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let organization_id = subscriber.organization.id;
    let renewed = test.seed.make.encryption_key(&subscriber.endpoint);
    test.seed.key(&renewed).await;
    delete(test, &subscriber.endpoint.id).await?;

    assert_eq!(listed(test, &subscriber, None).await?, []);
    for key in [&subscriber.key, &renewed] {
        assert_eq!(deactivate(test, organization_id, key).await?, None);
        assert_eq!(reactivate(test, organization_id, key).await?, None);
    }
    let late = test.seed.make.encryption_key(&subscriber.endpoint);
    let mut tx = test.store.begin().await?;
    assert!(!tx.register_encryption_key(&late).await?);
    Ok(())
}

pub async fn deliveries_of_a_deleted_endpoint_stay_listed(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let delivery = test.seed.delivery(&subscriber).await;
    delete(test, &subscriber.endpoint.id).await?;

    let filter = DeliveryFilter {
        endpoint_id: Some(subscriber.endpoint.id),
        ..DeliveryFilter::default()
    };
    let page = test
        .reads()
        .list_deliveries(subscriber.organization.id, &filter, &first(10))
        .await?;
    let page = page.expect("there is no cursor");
    assert_eq!(page.items, slice::from_ref(&delivery));
    let event = test
        .reads()
        .find_event(subscriber.organization.id, &delivery.event_id)
        .await?;
    assert_eq!(event.expect("it is stored").deliveries, [delivery]);
    Ok(())
}

pub async fn a_claim_for_a_deleted_endpoint_brings_none(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    test.seed.delivery(&subscriber).await;
    delete(test, &subscriber.endpoint.id).await?;
    let claimed = test.claim("a", 1).await?;
    let endpoints: Vec<_> = claimed.into_iter().map(|claim| claim.endpoint).collect();
    assert_eq!(endpoints, [None]);
    Ok(())
}

pub async fn an_expired_lease_for_a_deleted_endpoint_brings_the_defaults(
    test: &TestStore,
) -> Outcome {
    let subscriber = test.subscriber().await;
    let ids = [test.seed.delivery(&subscriber).await.id];
    test.claim("a", 1).await?;
    delete(test, &subscriber.endpoint.id).await?;

    let now = test.seed.make.clock.advance(Duration::from_mins(1));
    let expired = test
        .queue
        .expired_leases(now, Portion::first(10))
        .await?
        .items;
    let policies = expired
        .into_iter()
        .map(|lease| (lease.policy.retry_schedule, lease.policy.retention));
    let policies: Vec<_> = policies.collect();
    assert_eq!(
        policies,
        [(RetryScheduleName::Standard, Retention::SevenDays)]
    );
    let held = test
        .queue
        .still_leased_to(&LeaseHolder("a".to_owned()), &ids)
        .await?;
    assert_eq!(held.len(), 1);
    Ok(())
}

pub async fn held_deliveries_of_a_deleted_endpoint_are_not_resumed(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let held = test.held(&subscriber).await?;
    delete(test, &subscriber.endpoint.id).await?;
    let of_endpoint = ResumeScope::Endpoint(subscriber.endpoint.id);
    for scope in [of_endpoint, ResumeScope::Organization] {
        let mut tx = test.store.begin().await?;
        let resumed = tx.resume_deliveries(subscriber.organization.id, &scope, test.now());
        assert_eq!(resumed.await?, 0);
        tx.commit().await?;
    }
    assert_eq!(test.stored(&held).await?, held);
    Ok(())
}

async fn delete(test: &TestStore, id: &EndpointId) -> Outcome {
    let mut tx = test.store.begin().await?;
    tx.delete_endpoint(id, test.now()).await?;
    tx.commit().await
}
