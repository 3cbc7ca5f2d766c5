//! Endpoints.

use std::cmp::Reverse;
use std::slice;
use std::time::Duration;

use kayle_app::ports::store::FanoutEndpoint;
use kayle_endpoints::{
    Endpoint, EndpointChange, EndpointName, EndpointUrl, Labels, Retention, RetryScheduleName,
    Subscription,
};
use kayle_events::EventType;
use kayle_primitives::{EndpointId, Organization};

use super::pages::{after, first, walked};
use super::{Outcome, TestStore, assert_conflict};

pub async fn an_endpoint_is_found_as_it_was_stored(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let plain = test.seed.make.endpoint(&organization);
    let later = test.seed.make.clock.advance(Duration::from_millis(1));
    let rich = Endpoint {
        name: Some(EndpointName::parse("Konto „Prüfung“").expect("it is short")),
        labels: Labels::from_stored(vec!["Zebra".to_owned(), "a, b".to_owned()]),
        url: EndpointUrl::from_stored("https://hooks.customer.example/ä?x=1#top".to_owned()),
        subscription: Subscription::new(&[EventType::AttemptFailed, EventType::SessionFailed]),
        retention: Retention::SevenDays,
        retry_schedule: RetryScheduleName::Short,
        updated_at: later,
        disabled_at: Some(later),
        ..test.seed.make.endpoint(&organization)
    };
    let silent = Endpoint {
        subscription: Subscription::new(&[]),
        retention: Retention::None,
        ..test.seed.make.endpoint(&organization)
    };
    for endpoint in [plain, rich, silent] {
        let secret = test.seed.make.sealed_secret(&endpoint);
        let mut tx = test.store.begin().await?;
        tx.insert_endpoint(&endpoint, &secret).await?;
        tx.commit().await?;

        let (reads, id) = (test.reads(), endpoint.id.clone());
        let found = reads.find_endpoint(organization.id, &id).await?;
        assert_eq!(found.as_ref(), Some(&endpoint));
        let found = reads.find_signing_secret(organization.id, &id).await?;
        assert_eq!(found, Some(secret));
    }
    Ok(())
}

pub async fn a_foreign_endpoint_is_a_missing_one(test: &TestStore) -> Outcome {
    let endpoint = test.subscriber().await.endpoint;
    let stranger = test.seed.organization().await.id;
    let reads = test.reads();
    assert_eq!(reads.find_endpoint(stranger, &endpoint.id).await?, None);
    assert_eq!(
        reads.find_signing_secret(stranger, &endpoint.id).await?,
        None
    );
    assert_eq!(reads.fanout_endpoints(stranger).await?, []);
    let listed = reads.list_endpoints(stranger, None, &first(10)).await?;
    assert_eq!(listed.expect("there is no cursor").items, []);
    let listed = reads
        .list_endpoints(stranger, None, &after(&endpoint.id))
        .await?;
    assert_eq!(listed, None);
    Ok(())
}

pub async fn endpoints_are_listed_newest_first(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let mut expected = three_old_and_three_new(test, &organization).await;
    test.subscriber().await;
    let fetch = async |request: &_| {
        let page = test
            .reads()
            .list_endpoints(organization.id, None, request)
            .await?;
        Ok(page.expect("the cursor is the last item's"))
    };
    let listed = walked(fetch, |endpoint| endpoint.id.clone()).await?;
    expected.sort_by_key(|endpoint| Reverse((endpoint.created_at, endpoint.id.clone())));
    assert_eq!(listed, expected);

    let unknown = EndpointId::generate(test.now(), test.seed.make.entropy());
    let listed = test
        .reads()
        .list_endpoints(organization.id, None, &after(&unknown))
        .await?;
    assert_eq!(listed, None);
    Ok(())
}

pub async fn endpoints_are_filtered_by_whether_they_are_enabled(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let enabled = test.seed.subscriber(&organization).await.endpoint;
    test.seed.make.clock.advance(Duration::from_millis(1));
    let disabled = test.disabled_subscriber(&organization).await.endpoint;
    let list = async |enabled, request| {
        let page = test
            .reads()
            .list_endpoints(organization.id, enabled, &request)
            .await?;
        Ok(page.expect("the cursor is known").items)
    };
    assert_eq!(
        list(Some(true), first(10)).await?,
        slice::from_ref(&enabled)
    );
    assert_eq!(
        list(Some(false), first(10)).await?,
        slice::from_ref(&disabled)
    );
    // The cursor is a place in the list, whether the filter lets its row through or not.
    assert_eq!(list(Some(true), after(&disabled.id)).await?, [enabled]);
    Ok(())
}

pub async fn endpoints_come_with_their_active_key(test: &TestStore) -> Outcome {
    let organization = test.seed.organization().await;
    let keyed = test.seed.subscriber(&organization).await;
    let keyless = test.seed.make.endpoint(&organization);
    test.seed.endpoint(&keyless).await;
    let disabled = test.disabled_subscriber(&organization).await;
    test.subscriber().await;
    let later = test.seed.make.clock.advance(Duration::from_millis(1));
    let renewed = test.seed.make.encryption_key(&keyed.endpoint);
    test.seed.key(&renewed).await;
    assert_eq!(renewed.created_at, later);

    let mut expected = [
        FanoutEndpoint {
            signing_secret: test.secret(&keyed.endpoint).await?,
            endpoint: keyed.endpoint,
            active_key: Some(renewed),
            unreadable_key: None,
            organization_frozen: false,
        },
        FanoutEndpoint {
            signing_secret: test.secret(&keyless).await?,
            endpoint: keyless,
            active_key: None,
            unreadable_key: None,
            organization_frozen: false,
        },
        FanoutEndpoint {
            signing_secret: test.secret(&disabled.endpoint).await?,
            endpoint: disabled.endpoint,
            active_key: Some(disabled.key),
            unreadable_key: None,
            organization_frozen: false,
        },
    ];
    expected.sort_by_key(|found| found.endpoint.id.clone());
    let found = test.reads().fanout_endpoints(organization.id).await?;
    assert_eq!(found, expected);
    Ok(())
}

pub async fn a_saved_endpoint_is_stored_whole_and_keeps_its_secret(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let untouched = test
        .seed
        .subscriber(&subscriber.organization)
        .await
        .endpoint;
    let endpoint = &subscriber.endpoint;
    let secret = test.secret(endpoint).await?;
    let now = test.seed.make.clock.advance(Duration::from_secs(1));
    let everything = EndpointChange {
        name: Some(Some(EndpointName::parse("Kasse").expect("it is short"))),
        labels: Some(Labels::from_stored(vec!["a".to_owned()])),
        url: Some(EndpointUrl::from_stored(
            "https://elsewhere.example/".to_owned(),
        )),
        enabled: Some(false),
        subscription: Some(Subscription::new(&[EventType::SessionExpired])),
        retention: Some(Retention::None),
        retry_schedule: Some(RetryScheduleName::Short),
    };
    let cleared = EndpointChange {
        name: Some(None),
        enabled: Some(true),
        ..EndpointChange::default()
    };
    let mut expected = endpoint.clone();
    for change in [everything, cleared] {
        let mut tx = test.store.begin().await?;
        let locked = tx.lock_endpoint(endpoint.organization_id, &endpoint.id);
        assert_eq!(locked.await?.as_ref(), Some(&expected));
        expected = expected.changed(change, now);
        tx.save_endpoint(&expected).await?;
        tx.commit().await?;
        assert_eq!(test.found(endpoint).await?.as_ref(), Some(&expected));
        assert_eq!(test.secret(endpoint).await?, secret);
    }
    assert_eq!(test.found(&untouched).await?, Some(untouched));
    Ok(())
}

pub async fn a_replaced_signing_secret_is_the_only_one(test: &TestStore) -> Outcome {
    let subscriber = test.subscriber().await;
    let endpoint = &subscriber.endpoint;
    let other = test
        .seed
        .subscriber(&subscriber.organization)
        .await
        .endpoint;
    let others = test.secret(&other).await?;
    let now = test.seed.make.clock.advance(Duration::from_secs(1));
    let renewed = test.seed.make.sealed_secret(endpoint);
    let mut tx = test.store.begin().await?;
    tx.replace_signing_secret(&endpoint.id, &renewed, now)
        .await?;
    tx.commit().await?;

    assert_eq!(test.secret(endpoint).await?, Some(renewed));
    let expected = Endpoint {
        updated_at: now,
        ..endpoint.clone()
    };
    assert_eq!(test.found(endpoint).await?, Some(expected));
    assert_eq!(test.secret(&other).await?, others);
    Ok(())
}

pub async fn a_foreign_endpoint_is_neither_locked_nor_saved(test: &TestStore) -> Outcome {
    let endpoint = test.subscriber().await.endpoint;
    let stranger = test.seed.organization().await;
    let mut tx = test.store.begin().await?;
    assert_eq!(tx.lock_endpoint(stranger.id, &endpoint.id).await?, None);
    let stolen = Endpoint {
        organization_id: stranger.id,
        ..endpoint.clone()
    };
    assert_conflict(tx.save_endpoint(&stolen).await);
    drop(tx);
    assert_eq!(test.found(&endpoint).await?, Some(endpoint));
    Ok(())
}

pub async fn endpoints_are_counted_as_far_as_asked_and_without_the_deleted_ones(
    test: &TestStore,
) -> Outcome {
    let organization = test.seed.organization().await;
    let stranger = test.seed.organization().await;
    for owner in [&organization, &organization, &organization, &stranger] {
        test.seed.endpoint(&test.seed.make.endpoint(owner)).await;
    }
    let deleted = test.seed.make.endpoint(&organization);
    test.seed.endpoint(&deleted).await;
    let mut tx = test.store.begin().await?;
    tx.lock_endpoint(organization.id, &deleted.id).await?;
    tx.delete_endpoint(&deleted.id, test.now()).await?;
    assert_eq!(tx.reads().count_endpoints(organization.id, 10).await?, 3);
    tx.commit().await?;
    assert_eq!(test.reads().count_endpoints(organization.id, 10).await?, 3);
    assert_eq!(test.reads().count_endpoints(organization.id, 2).await?, 2);
    Ok(())
}

async fn three_old_and_three_new(test: &TestStore, organization: &Organization) -> Vec<Endpoint> {
    let mut endpoints = Vec::new();
    for age in 0..2 {
        test.seed.make.clock.advance(Duration::from_millis(age));
        for _ in 0..3 {
            let endpoint = test.seed.make.endpoint(organization);
            test.seed.endpoint(&endpoint).await;
            endpoints.push(endpoint);
        }
    }
    endpoints
}
